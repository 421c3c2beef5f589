"""What `golive explain` shows a person of a signal or a time: the chain from candle to position, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TextIO

from golive.audit.decision_event import FOR_PROTECTION
from golive.model.clock import MILLISECOND, to_iso
from golive.observability.decision_words import EVENT_WORDS, phrase, sentence
from golive.observability.page import amount
from golive.observability.wording import Language, word

from .chain_words import CAUSES, ROWS, TEXTS
from .explain_words import VALUES
from .terminal import clean

if TYPE_CHECKING:
    from golive.runtime.explain.chain import (
        BarTold,
        DecisionTold,
        DeskMoment,
        DeskState,
        MomentStory,
        OrderTold,
        SignalStory,
        SignalTold,
    )
    from golive.runtime.member_told import MemberTold
    from golive.runtime.session_rows import FillLine, OrderLine

Row = tuple[str, int | None, str]
"""what (a name of ROWS), market time, details"""


def print_chain(story: SignalStory | MomentStory, language: Language, stream: TextIO, *, width: int | None = None) -> None:
    """Print a story. Colours only on a terminal; `width` is in columns, that of the terminal when None."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    teller = Teller(language)
    console = Console(
        file=stream, width=width if width is not None or stream.isatty() else 1000, highlight=False, markup=False, emoji=False
    )
    for doubt in story.doubts:
        console.print(Text(clean(teller.text("doubt", doubt=doubt)), style="bold red"), soft_wrap=True)
    for title, rows in teller.parts(story):
        console.print(Text(clean(title), style="bold"), soft_wrap=True)
        table = Table(show_header=False)
        for place in range(3):
            table.add_column(overflow="fold", no_wrap=place < 2)
        for name, ts, details in rows:
            table.add_row(Text(word(ROWS, name, language)), "" if ts is None else moment(ts), Text(clean(details)))
        console.print(table)
    console.print(Text(teller.text("not_whole" if story.doubts else "whole")), soft_wrap=True)


def moment(ts: int) -> str:
    """Return a market time to the millisecond, without one where it is whole."""
    return to_iso(ts // MILLISECOND * MILLISECOND).removesuffix("Z").replace("T", " ")


class Teller:
    """Tells stories in one language."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def text(self, name: str, **details: str) -> str:
        """Return a sentence of TEXTS, filled in."""
        return word(TEXTS, name, self._language).format(**details)

    def parts(self, story: SignalStory | MomentStory) -> Iterator[tuple[str, list[Row]]]:
        """Yield tables: a title, and its rows."""
        from golive.runtime.explain.chain import SignalStory

        head = story.session
        session = f"{head.stage} {head.entrypoint}, run {head.run_id[:8]}"
        if isinstance(story, SignalStory):
            yield f"{story.signal.signal_id} · {story.strategy} · {session}", list(self._signal_rows(story))
        else:
            for desk in story.desks:
                yield f"{desk.instrument} · {moment(story.at)} UTC · {session}", list(self._desk_rows(desk))

    def signal(self, signal: SignalTold) -> str:
        """Return the turn of a target and its cause."""
        before = self.text("none") if signal.target_before is None else signal.target_before
        turn = self.text("turn", before=before, target=signal.target, cause=word(CAUSES, signal.cause, self._language))
        return "; ".join([turn, *self.members(signal.members)])

    def members(self, members: Iterable[MemberTold]) -> Iterator[str]:
        """Yield what each member of an allocation wanted."""
        for each in members:
            told = {"strategy": each.strategy, "wanted": each.wanted, "share": each.share}
            yield self.text("member_held_back", **told, target=each.target) if each.is_held_back else self.text("member", **told)

    def bar(self, bar: BarTold) -> str:
        """Return a candle in one line."""
        prices = " ".join(f"{self.text(each)} {amount(getattr(bar, each))}" for each in ("open", "high", "low", "close"))
        until = moment(bar.closed_at)
        return f"{moment(bar.opened_at)} – {until.partition(' ')[2]}  {prices}  {self.text('volume')} {amount(bar.volume)}"

    def _signal_rows(self, story: SignalStory) -> Iterator[Row]:
        signal = story.signal
        yield "candle", None, self.text("no_bar_before") if signal.bar is None else self.bar(signal.bar)
        yield "signal", signal.ts, self.signal(signal)
        if story.decision is None:
            yield "decided", None, self.text("waits")
        else:
            yield "decided", story.decision.ts, self._decision(story.decision)
        for each in story.orders:
            yield from self._order_rows(each, protects=not self._is_of_signal(each, story))
        yield "after", None, self._after(story)

    @staticmethod
    def _is_of_signal(told: OrderTold, story: SignalStory) -> bool:
        return story.decision is not None and told.order.client_order_id == story.decision.client_order_id

    def _order_rows(self, told: OrderTold, *, protects: bool) -> Iterator[Row]:
        note = f", {self.text('protects')}" if protects else ""
        yield "order", told.order.ts, self._order(told.order) + note
        for fill in told.fills:
            yield "filled", fill.ts, self._fill(fill)

    def _after(self, story: SignalStory) -> str:
        parts = [self.text("position_after", after=amount(story.position_after), before=amount(story.position_before))]
        if story.fees:
            parts.append(self.text("fees", fees=self._amounts(story.fees)))
        if story.realized is not None:
            parts.append(self.text("realized", amount=amount(story.realized), asset=story.realized_asset))
        return ", ".join(parts)

    @staticmethod
    def _amounts(amounts: Mapping[str, str]) -> str:
        return " + ".join(f"{amount(text)} {asset}" for asset, text in amounts.items())

    def _desk_rows(self, desk: DeskMoment) -> Iterator[Row]:
        yield "candle", None, self.text("no_bar") if desk.bar is None else self.bar(desk.bar)
        for fill in desk.fills:
            yield "filled", fill.ts, self._fill(fill)
        yield "before", None, self._state(desk.before)
        yield "target", None, self._target(desk)
        for decision in desk.decisions:
            yield "decided", decision.ts, f"{decision.signal_id}: {self._decision(decision)}"
        if desk.idle is None and not desk.decisions:
            yield "idle", None, self.text("not_idle")
        if desk.idle is not None:
            idle = desk.idle
            meaning, bars = phrase(idle.code, self._language), f"{idle.bars:,}"
            times = {"since": moment(idle.since), "until": moment(idle.until)}
            said = self.text("idle_for", code=idle.code, meaning=meaning, bars=bars, **times)
            yield "idle", None, "; ".join([said, *self.members(idle.members)])
        yield "after", None, self._state(desk.after)

    def _target(self, desk: DeskMoment) -> str:
        if desk.target is None:
            return self.text("no_target")
        target = self.text("target_of", target=desk.target, signal=desk.signal_id or "")
        if desk.target == desk.target_before:
            return target
        return self.text("target_before", target=target, before=desk.target_before or self.text("none"))

    def _state(self, state: DeskState) -> str:
        working = ", ".join(map(self._terms, state.open_orders)) or self.text("none")
        return self.text("stands", position=amount(state.position), working=working)

    def _decision(self, decision: DecisionTold) -> str:
        said = sentence(decision.code, decision.limit, decision.value, self._language)
        event = word(EVENT_WORDS, decision.event, self._language)
        parts = [event if decision.code == "APPROVED" else f"{event}, {decision.code}: {said}"]
        if decision.purpose == FOR_PROTECTION:
            parts.append(self.text("protects"))
        if decision.reference_price is not None:
            parts.append(self.text("reference", price=amount(decision.reference_price)))
        return ", ".join(parts)

    def _terms(self, order: OrderLine) -> str:
        side, kind = (word(VALUES, each, self._language) for each in (order.side, order.type))
        terms = f"{side} {kind} {amount(order.quantity)}"
        price = order.price or order.trigger or order.trail
        if price is not None:
            terms += f" @ {amount(price)}"
        return f"{terms} ({order.client_order_id[:8]})"

    def _order(self, order: OrderLine) -> str:
        """Return its terms and how it stands at the end."""
        state = word(VALUES, order.status.lower(), self._language)
        if order.filled not in ("0", order.quantity):
            state += ", " + self.text("filled_of", filled=amount(order.filled), quantity=amount(order.quantity))
        if order.average_price is not None:
            state += " " + self.text("average", price=amount(order.average_price))
        return f"{self._terms(order)}: {state}"

    def _fill(self, fill: FillLine) -> str:
        return self.text(
            "fill", quantity=amount(fill.quantity), price=amount(fill.price), fee=amount(fill.fee), asset=fill.fee_asset,
            liquidity=word(VALUES, fill.liquidity, self._language), position=amount(fill.position_after),
        )  # fmt: skip
