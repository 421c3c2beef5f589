"""Brings a venue back to where its state file says it was, and has what happens from then on written down."""

from __future__ import annotations

from collections.abc import Mapping

from golive.model.clock import to_iso
from golive.model.json import JsonObject, JsonValue

from ..exchange.book import RULES
from ..exchange.operation import NotAsRecorded, perform
from ..exchange.refusal import Refusal
from ..face.mode import Mode
from ..options import ServeOptions
from .build import Venue
from .clock import VenueClock
from .driver import Driver
from .state import StateFile


def decisive(options: ServeOptions, venue: Venue) -> Mapping[str, JsonValue]:
    """Return everything that decides the market and the accounts."""
    facts = venue.source.facts
    return {
        "dialect": options.dialect,
        "speed": options.speed_text,
        "seed": options.seed,
        "steps": facts.steps,
        "symbols": list(options.symbols),
        "timeframe": facts.timeframe,
        "source": facts.source,
        "book_rules": RULES,
        "data_sha256": facts.data_sha256,
        "volume_unit": options.volume_unit,
        "balances": {asset: str(amount) for asset, amount in options.balances.items()},
        "maker_bps": str(options.maker_bps),
        "taker_bps": str(options.taker_bps),
        "accounts": list(options.ring.accounts),
        **({} if options.history is None else {"history": options.history}),
        **({} if options.start is None else {"start": to_iso(options.start)}),
    }


def resume(state: StateFile, options: ServeOptions, venue: Venue, driver: Driver, clock: VenueClock, began: int) -> int:
    """Do everything in the file again, then write down what follows; return the number of lines that were done again."""
    state.bind(decisive(options, venue), began)
    exchange, mode = venue.exchange, venue.exchange.mode
    exchange.mode = Mode.ONLINE
    count = 0
    for number, row in state.rows():
        try:
            clock.pinned = int(str(row["wall"]))
            _again(row, venue, driver)
        except (NotAsRecorded, Refusal, KeyError, ValueError) as exc:
            raise state.fail(number, exc) from exc
        count += 1
    clock.pinned = None
    exchange.mode, exchange.operations = mode, 0
    driver.on_step = lambda number: state.write_step(number, clock.now())
    exchange.on_operation = lambda row: state.write_operation(row, clock.now(), driver.steps_done)
    return count


def _again(row: JsonObject, venue: Venue, driver: Driver) -> None:
    if "step" not in row:
        if row["after"] != driver.steps_done:
            raise NotAsRecorded(f"written after step {row['after']}, but step {driver.steps_done} is the last one before it")
        perform(venue.exchange, row)
    elif (stepped := driver.step()) is None or stepped.number != row["step"]:
        raise NotAsRecorded(f"step {row['step']} is not the market's next one")
