"""The announcement of a live window as people read it: Polish, like the runbooks that ask for it. Pure text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from golive.model.clock import to_iso

from ..finding import Finding, Status

_WORDS: Final[Mapping[Status, str]] = {
    Status.OK: "ok",
    Status.NOT_APPLICABLE: "nie dotyczy",
    Status.BLOCKED: "zablokowane",
    Status.UNKNOWN: "nieznane",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What is announced; times in ns UTC."""

    entrypoint: str
    environment: str
    stage: str
    """`rehearsal` or `live`"""
    endpoint_host: str
    starts_at: int
    made_at: int
    operators: tuple[str, ...]
    """who announces, then who is named as the second person"""
    on_call: tuple[str, ...]
    digests: Mapping[str, str]
    """name → hex digest or version, in the order in which they are told"""
    findings: Sequence[Finding]
    """of every check, when it was made"""


def announcement_text(told: Announcement) -> str:
    """Return the document, Markdown."""
    return "\n".join(_lines(told)) + "\n"


def announcement_title(told: Announcement) -> str:
    """Return the title of the message."""
    return f"Go-live: {told.entrypoint}, start {to_iso(told.starts_at)}"


def _lines(told: Announcement) -> Iterable[str]:
    kind = "próba na giełdzie symulowanej na tej maszynie" if told.stage == "rehearsal" else "produkcja"
    yield f"# Start handlu live: {told.entrypoint}"
    yield ""
    yield from _table(
        ("entrypoint", f"`{told.entrypoint}`"),
        ("środowisko", f"`{told.environment}` ({kind}, host `{told.endpoint_host}`)"),
        ("start", to_iso(told.starts_at)),
        ("operatorzy", ", ".join(told.operators)),
        ("dyżur", ", ".join(told.on_call)),
        ("ogłoszono", to_iso(told.made_at)),
    )
    yield ""
    yield "## Co ma być uruchomione"
    yield ""
    yield from _table(*((name, f"`{digest}`") for name, digest in told.digests.items()))
    yield ""
    yield "## Stan kontroli w chwili ogłoszenia"
    yield ""
    counts = {status: sum(each.status is status for each in told.findings) for status in Status}
    yield ", ".join(f"{word}: {counts[status]}" for status, word in _WORDS.items()) + "."
    if left := [each for each in told.findings if each.status in (Status.BLOCKED, Status.UNKNOWN)]:
        yield ""
        yield from (f"- `{each.id}`: {_WORDS[each.status]}" for each in left)
    yield ""
    yield "Ogłoszenie niczego nie otwiera: handel otwiera bramka, gdy wszystkie kontrole są `ok`, na podpis dwóch osób."
    yield ""
    yield "## Droga powrotna"
    yield ""
    yield "```sh"
    yield from _commands(told.entrypoint)
    yield "```"
    yield ""
    yield "Alert krytyczny bez potwierdzenia w czasie wyłącza auto-trade i włącza tryb awaryjny sam; eskalacja: `#sec-alerts`."


def _commands(entrypoint: str) -> Iterable[str]:
    yield "# stop wejść i anulowanie zleceń; bez nazwiska, także gdy sesja nie odpowiada:"
    yield "golive panic"
    yield "# bez nowych decyzji; pozycje zostają:"
    yield "golive autotrade off --operator OSOBA"
    yield "# powrót do paper:"
    yield f"golive gate close --entrypoint {entrypoint} --operator OSOBA"
    yield "# archiwum i podsumowanie okna:"
    yield f"golive window close --entrypoint {entrypoint} --operator OSOBA"


def _table(*rows: tuple[str, str]) -> Iterable[str]:
    yield "| | |"
    yield "| --- | --- |"
    yield from (f"| {name} | {value} |" for name, value in rows)
