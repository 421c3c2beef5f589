"""What `golive alerts list` says: the newest alerts, how far each channel has got, and who has acknowledged what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from golive.model.alert import AlertSeverity
from golive.model.json import JsonValue
from golive.observability.shape import Count, Instant, as_json, document_schema
from golive.storage.alert_story import AlertStory

SCHEMA: Final = "golive.alerts.v1"


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """How far an alert has got at one channel."""

    channel: str
    state: Literal["waiting", "sending", "delivered", "failed"]
    attempts: Count
    next_attempt_at: Instant | None
    problem: str | None
    """why the last attempt failed"""


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One alert."""

    alert_id: str
    ts: Instant
    category: str
    severity: AlertSeverity
    title: str
    body: str
    entrypoint: str | None
    state: Literal["pending", "routed", "suppressed", "no_channel"]
    channels: tuple[ChannelLine, ...]
    acknowledge_until: Instant | None
    """by when somebody must acknowledge it; null when nobody has to"""
    acknowledged_at: Instant | None
    acknowledged_by: str | None
    escalated_at: Instant | None
    """when emergency mode was switched on because nobody had"""


@dataclass(frozen=True, slots=True)
class AlertList:
    """The newest alerts of this host, oldest first."""

    alerts: tuple[AlertLine, ...]


def alert_list(stories: Sequence[AlertStory]) -> AlertList:
    """Return the list of what the outbox tells."""
    return AlertList(tuple(map(_line, stories)))


def list_document(found: AlertList) -> dict[str, JsonValue]:
    """Return what `golive alerts list --json` prints."""
    told = as_json(found)
    assert isinstance(told, dict)
    return {"schema": SCHEMA, **told}


def list_schema() -> dict[str, JsonValue]:
    """Return its JSON Schema."""
    return document_schema(SCHEMA, "Alerts", AlertList)


def _line(story: AlertStory) -> AlertLine:
    message = story.message
    entrypoint = message.context.get("entrypoint")
    channels = tuple(
        ChannelLine(
            each.channel, each.state, each.attempts, each.next_at if each.state == "waiting" else None, each.problem  # type: ignore[arg-type]
        )
        for each in story.parcels
    )  # fmt: skip
    return AlertLine(
        message.alert_id, message.ts, message.category, message.severity, message.title, message.body,
        None if entrypoint is None else str(entrypoint), story.state, channels, story.due_at, story.acknowledged_at,  # type: ignore[arg-type]
        story.acknowledged_by, story.escalated_at,
    )  # fmt: skip
