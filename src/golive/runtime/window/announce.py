"""Announcing a window: the document, its message to `oem-live`, and, once the channel took that, the signed step."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.config.rbac import Act, Role
from golive.model.alert import AlertMessage, AlertSeverity
from golive.model.clock import MINUTE, SECOND, stamp, to_iso
from golive.model.errors import ConfigError, PrerequisiteMissing
from golive.model.json import JsonObject
from golive.model.secret import Secret
from golive.model.text import printable
from golive.readiness.window.announcement import Announcement, announcement_text, announcement_title
from golive.security.operators import OperatorEntry
from golive.storage.decision_step import record_step
from golive.storage.files import write_atomic

from ..alerts.confirmed import send_and_wait
from ..code_version import code_version
from ..host_signer import host_signer
from ..operators import authorised, operators, record_act
from ..readiness.checklist import checklist
from ..readiness.paper import digest_of
from ..readiness.scene import Scene
from ..risk_limits import risk_profile_of

FOLDER: Final = Path("communications")
DOCUMENT: Final = FOLDER / "go_live_announcement.md"
"""the newest announcement, relative to home"""
KEPT: Final = FOLDER / "announcements"
"""every announcement under a name of its own; the step of the decision log names that file"""
CHANNEL: Final = "oem-live"
CATEGORY: Final = "go_live"
STEP: Final = "announcement"
LATE_NS: Final = 5 * MINUTE
"""a start that has passed by more is no start to announce"""
_LONGEST_NAME: Final = 100
_MARKS: Final = frozenset("|`<>[]\\")
"""what would be more than a name in the document"""


@dataclass(frozen=True, slots=True)
class Announced:
    """What became of an announcement. `delivered_at` is '' when the channel has not taken it: then there is no step."""

    document: Path
    sha256: str
    alert_id: str
    operators: tuple[str, ...]
    delivered_at: str = ""


def announce(
    scene: Scene, starts_at: int, person: str, passphrase: Secret, *, second: str, on_call: str, wait_s: float
) -> Announced:
    """Announce the start at `starts_at` (ns UTC) in the name of `person`, who may `window.announce`.

    `second`: the other person who is to open the gate, '' for none; `on_call`: who answers calls, '' for all of role oncall.
    Raises ConfigError for a start that has passed or names that nobody has, PrerequisiteMissing for somebody who may not and
    without the channel, JournalError when something cannot be written.
    """
    home, clock = scene.home, scene.clock
    if starts_at < clock.now() - LATE_NS:
        raise ConfigError(f"--starts-at {to_iso(starts_at)}: that has passed; give when trading is going to start")
    if CHANNEL not in scene.configuration.core.alerts.channels:
        raise PrerequisiteMissing(f"there is no channel {CHANNEL} to send to: core.yaml: alerts.channels.{CHANNEL}")
    began = clock.monotonic()
    people = {each.name: each for each in operators(home)}
    named = _second(people, person, second)
    calls = _on_call(people, on_call)
    identity = authorised(home, person, passphrase, Act.WINDOW_ANNOUNCE, clock=clock)
    both = (identity.name, *named)
    made_at = clock.now()
    told = Announcement(
        entrypoint=scene.live.name, environment=scene.live.environment, stage="rehearsal" if scene.is_rehearsal else "live",
        endpoint_host=scene.live.endpoint_host or "", starts_at=starts_at, made_at=made_at, operators=both, on_call=calls,
        digests=_digests(scene), findings=checklist(scene),
    )  # fmt: skip
    data = announcement_text(told).encode()
    digest = hashlib.sha256(data).hexdigest()
    kept = home / KEPT / f"go_live_{told.entrypoint}_{stamp(made_at)}_{digest[:8]}.md"
    about: JsonObject = {
        "entrypoint": told.entrypoint, "environment": told.environment, "operators": list(both), "on_call": list(calls),
        "starts_at": to_iso(starts_at), "document": {"path": str(kept.relative_to(home)), "sha256": digest},
    }  # fmt: skip
    record_act(home, "live_announcement", about, identity.name, clock=clock)
    write_atomic(kept, data, durable_name=True)
    write_atomic(home / DOCUMENT, data, durable_name=True)
    message = AlertMessage(
        uuid.uuid4().hex, CATEGORY, AlertSeverity.INFO, announcement_title(told), data.decode(), made_at,
        f"{CATEGORY}|announcement|{digest}", {**about, "channels": [CHANNEL]},
    )  # fmt: skip
    row = send_and_wait(home, scene.configuration, message, [CHANNEL], clock, wait_s=wait_s, store=scene.store).get(CHANNEL)
    done = Announced(kept.relative_to(home), digest, message.alert_id, both, "" if row is None else row.ts)
    if row is not None:
        milliseconds = (clock.monotonic() - began) * 1000 // SECOND
        alert: JsonObject = {"alert_id": message.alert_id, "channel": CHANNEL, "delivered_at": row.ts}
        signer = host_signer(home, clock, identity.name)
        record_step(home, signer, STEP, "ok", milliseconds, [kept], facts={**about, "alert": alert})
    return done


def _second(people: dict[str, OperatorEntry], person: str, second: str) -> tuple[str, ...]:
    if not second:
        return ()
    if second == person:
        raise ConfigError(f"--second {second}: that is who announces; name another person")
    if second not in people:
        raise ConfigError(f"--second {printable(second)[:40]}: there is no operator of that name: golive operator list")
    return (second,)


def _on_call(people: dict[str, OperatorEntry], on_call: str) -> tuple[str, ...]:
    if on_call:
        if len(on_call) > _LONGEST_NAME or not on_call.isprintable() or _MARKS & set(on_call):
            raise ConfigError(f"--on-call: give a name of at most {_LONGEST_NAME} characters, without {' '.join(sorted(_MARKS))}")
        return (on_call,)
    found = tuple(sorted(name for name, each in people.items() if Role.ONCALL in each.roles))
    if not found:
        raise ConfigError("nobody has role oncall: say who answers calls with --on-call NAME")
    return found


def _digests(scene: Scene) -> dict[str, str]:
    return {
        **dict(sorted(scene.configuration.file_digest.as_json().items())),
        "trading_digest": digest_of(scene, scene.live),
        "paper_trading_digest": digest_of(scene, scene.paper),
        "risk_profile": scene.live.risk_profile,
        "risk_profile_digest": risk_profile_of(scene.live).digest,
        "code_version": code_version(),
    }
