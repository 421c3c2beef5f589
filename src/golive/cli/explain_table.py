"""What `golive explain` shows a person: the order, its steps in the order they became durable, and what each witness says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TextIO

from golive.model.clock import MILLISECOND, from_iso, to_iso
from golive.observability.decision_words import EVENT_WORDS
from golive.observability.page import amount

from .chain_table import Teller, moment
from .explain_words import DETAILS, PHRASES, SENTENCES, STATES, STEPS, VALUES, WITNESSES, Language, word
from .terminal import clean

if TYPE_CHECKING:
    from golive.runtime.explain.story import OrderStory, Step, Testimony

_RULED: Final = frozenset({"limit", "value"})
"""what a rule says of itself: an amount as a rule, words where it has none"""
_DECIMAL: Final = re.compile(r"-?\d+(\.\d+)?")
_AMOUNTS: Final = frozenset({"quantity", "price", "filled", "trigger", "trail", "fee", "notional", "limit", "value"})
_VALUES: Final = frozenset({"verdict", "result", "event", "side", "type", "liquidity", "subject", "fallback"})
_STYLES: Final = {"ok": "green", "pending": "", "behind": "yellow", "not_asked": "dim"}


def print_story(story: OrderStory, language: Language, stream: TextIO, *, width: int | None = None) -> None:
    """Print the story. Colours only on a terminal; `width` is in columns, that of the terminal when None."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    wide = width if width is not None or stream.isatty() else 1000
    console = Console(file=stream, width=wide, highlight=False, markup=False, emoji=False)
    for line in _doubts(story, language):
        console.print(Text(line, style="bold red"), soft_wrap=True)
    for line in _head(story, language):
        console.print(Text(clean(line), style="bold" if line.startswith(_name(story)) else ""), soft_wrap=True)
    table = Table()
    table.add_column(word(PHRASES, "row", language), justify="right")
    for name in ("time", "what", "details"):
        table.add_column(word(PHRASES, name, language), overflow="fold", no_wrap=name != "details")
    for step in story.steps:
        table.add_row(str(step.seq), _time(step), Text(word(STEPS, step.kind, language)), Text(clean(_details(step, language))))
    console.print(table)
    witnesses = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for each in story.testimonies:
        witnesses.add_row(
            Text(word(WITNESSES, each.witness, language)),
            Text(word(STATES, each.state, language), style=_STYLES.get(each.state, "bold red")),
            Text(clean(_sentence(each, language))),
        )
    console.print(witnesses)
    console.print(Text(word(PHRASES, _conclusion(story), language)), soft_wrap=True)


def _conclusion(story: OrderStory) -> str:
    if not story.is_whole:
        return "not_whole"
    return "whole_behind" if any(each.state == "behind" for each in story.testimonies) else "whole"


def _name(story: OrderStory) -> str:
    """Return the id that an order is asked for by: of an adopted one the venue's."""
    return str(story.client_order_id if story.adopted is None else story.venue_order_id)


def _head(story: OrderStory, language: Language) -> list[str]:
    kind = [word(VALUES, each, language) for each in (story.side, story.type) if each]
    terms = " ".join([*kind, *([] if story.quantity is None else [amount(story.quantity)]), story.instrument])
    if story.price is not None:
        terms += f" {word(DETAILS, 'price', language)} {amount(story.price)}"
    if story.adopted is not None:
        terms += f" ({word(PHRASES, 'when_adopted', language)})"
    if story.amended_from is not None:
        before = " @ ".join(amount(each) for each in (story.amended_from.quantity, story.amended_from.price) if each is not None)
        terms += f" ({word(PHRASES, 'amended_from', language).format(terms=before)})"
    state = word(VALUES, story.status.lower(), language)
    if story.filled != "0":
        if story.filled != story.quantity:
            state += ", " + word(PHRASES, "filled_of", language).format(filled=amount(story.filled))
        if story.average_price is not None:
            state += " " + word(PHRASES, "average", language).format(price=amount(story.average_price))
    return [
        " · ".join([_name(story), *_also_known(story, language)]),
        f"{terms}: {state}",
        *_emergency(story, language),
        *_rerouted(story, language),
        *_made_for(story, language),
        f"{story.owner} ({story.environment}), {story.store}",
    ]


def _made_for(story: OrderStory, language: Language) -> list[str]:
    """Return the signal that a session's order was made for, and the candle that gave it."""
    signal = story.made_for
    if signal is None:
        return []
    teller = Teller(language)
    lines = [teller.text("made_for", signal=signal.signal_id, when=moment(signal.ts), turn=teller.signal(signal))]
    return lines if signal.bar is None else [*lines, teller.text("made_on", bar=teller.bar(signal.bar))]


def _emergency(story: OrderStory, language: Language) -> list[str]:
    """Return the emergency mode that refused or canceled the order, and where that is signed."""
    cause = story.emergency
    if cause is None:
        return []
    since = "" if cause.since is None else word(PHRASES, "emergency_since", language).format(when=_moment(cause.since))
    told = {"reason": cause.reason, "operator": cause.operator, "scope": cause.scope, "state": cause.state, "since": since}
    lines = [word(PHRASES, "emergency", language).format(**told)]
    if cause.record is not None:
        file = "var/audit/emergency/emergency.jsonl"
        lines.append(word(PHRASES, "emergency_records", language).format(file=file, record=cause.record))
        if cause.panic is not None:
            lines[-1] += word(PHRASES, "panic_record", language).format(record=cause.panic)
    return lines


def _rerouted(story: OrderStory, language: Language) -> list[str]:
    """Return the other ends of its fallbacks: who reads "rejected" alone sends it again."""
    return [
        word(PHRASES, phrase, language).format(
            venue=other.venue, order=other.client_order_id, reason=word(VALUES, other.reason, language)
        )
        for phrase, other in (("went_to", story.went_to), ("instead_of", story.instead_of))
        if other is not None
    ]


def _also_known(story: OrderStory, language: Language) -> list[str]:
    if story.adopted is None:
        venue = story.venue_order_id
        return [] if venue is None else [f"{word(DETAILS, 'venue_order_id', language)} {venue}"]
    by, at = story.adopted.by, _moment(story.adopted.at)
    placed = [] if story.client_order_id is None else [f"{word(PHRASES, 'placed_as', language)} {story.client_order_id}"]
    return [word(PHRASES, "adopted_by", language).format(by=by, at=at), *placed]


def _doubts(story: OrderStory, language: Language) -> list[str]:
    """Return what must be read before all else: which witnesses contradict, which cannot be relied on."""
    lines = []
    for phrase, states in (("contradicts", ("corrupt",)), ("not_sure", ("missing", "unknown"))):
        names = [word(WITNESSES, each.witness, language) for each in story.testimonies if each.state in states]
        if names:
            lines.append(word(PHRASES, phrase, language).format(witnesses=", ".join(names)))
    return lines


def _details(step: Step, language: Language) -> str:
    parts = []
    details = step.details
    skipped = _skipped(step)
    for name, value in details.items():
        if value is None or value == "" or name in skipped:
            continue
        label = word(DETAILS, name, language)
        unit = f" {details['fee_asset']}" if name == "fee" else " ms" if name.endswith("_ms") else ""
        parts.append(f"{label} {_told(name, value, language)}{unit}".strip())
    return ", ".join(parts)


def _skipped(step: Step) -> frozenset[str]:
    """Return details that repeat what stands beside them."""
    details = step.details
    if step.kind == "decision":
        approved = {"code"} if details.get("code") == "APPROVED" else set()
        return frozenset({*approved, *({"subject"} if details.get("subject") == "order" else ())})
    if step.kind == "intent":
        return frozenset({"quantity", "price"})
    return frozenset({"fee_asset", *({"code"} if details.get("code") == "0" else ())})


def _told(name: str, value: str, language: Language) -> str:
    if name in _AMOUNTS:
        return amount(value) if name not in _RULED or _DECIMAL.fullmatch(value) else value
    if name == "event" and value in EVENT_WORDS:  # of the decision journal; the others are a venue's and ours
        return word(EVENT_WORDS, value, language)
    if name in _VALUES:
        return word(VALUES, value, language)
    if name == "left":
        return _moment(from_iso(value)).partition(" ")[2]
    if name == "round_trip_ms":
        return f"+{value[:-2]}"
    if name in ("deadline", "until"):
        return value.removesuffix("Z").replace("T", " ")
    return value.replace("_", " ") if name == "time_in_force" else value


def _time(step: Step) -> str:
    if step.ts is None:
        return "–"
    return _moment(step.ts)


def _moment(ts: int) -> str:
    text = to_iso(ts // MILLISECOND * MILLISECOND).removesuffix("Z").replace("T", " ")
    return text if "." in text else f"{text}.000"


def _sentence(each: Testimony, language: Language) -> str:
    details = dict(each.details)
    for name in {"status", "here"} & details.keys():
        details[name] = word(VALUES, details[name].lower(), language)
    return word(SENTENCES, each.says, language).format(**details)
