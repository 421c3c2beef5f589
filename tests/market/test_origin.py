"""Series know where their candles come from: two markets do not mix, and what was made of a series follows it or is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from golive.market.derived import Derived, store_derived
from golive.market.origin import market_of
from golive.market.resample import resample
from golive.market.store import CandleStore
from golive.model.clock import MINUTE
from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId
from support.candles import LATER, START, Row, btc, columns_of, rows_of, walk

BTC = InstrumentId.parse("okx:BTC/USDT")
ROWS = walk(600, start=START)
SEED_7, SEED_9, PUBLIC, CSV = (
    "download embedded seed 7",
    "download embedded seed 9",
    "download public www.okx.com",
    "import a.csv",
)


def put(store: CandleStore, rows: list[Row], source: str = CSV, *, may_mix: bool = False, replace: bool = False) -> None:
    store.append(btc(), "1m", columns_of(rows), source=source, now=LATER, may_mix=may_mix, replace=replace)


def derive(store: CandleStore, timeframe: str, finer: str | None = None) -> Derived:
    return store_derived(store, BTC, timeframe, finer=finer, now=LATER)


def made(rows: list[Row], timeframe: str) -> list[Row]:
    return rows_of(resample(columns_of(rows), timeframe))


@pytest.fixture
def store(tmp_path: Path) -> CandleStore:
    store = CandleStore(tmp_path)
    put(store, ROWS[:500])
    return store


def test_a_source_says_its_market() -> None:
    assert [market_of(each) for each in (SEED_7, PUBLIC, CSV)] == ["embedded seed 7", "public www.okx.com", "file"]


@pytest.mark.parametrize(("first", "second"), [(SEED_7, SEED_9), (SEED_7, PUBLIC), (PUBLIC, SEED_7)])
def test_two_venues_markets_never_mix(tmp_path: Path, first: str, second: str) -> None:
    store = CandleStore(tmp_path)
    put(store, ROWS[:10], first)
    for may_mix in (False, True):
        with pytest.raises(ConfigError, match=rf"downloaded from another market \({market_of(first)}, not {market_of(second)}\)"):
            put(store, ROWS[10:20], second, may_mix=may_mix)
    put(store, ROWS[10:20], first)
    assert rows_of(store.read(BTC, "1m")) == ROWS[:20]


@pytest.mark.parametrize(("first", "second"), [(SEED_7, CSV), (CSV, SEED_7)])
def test_files_and_a_market_mix_with_consent_alone(tmp_path: Path, first: str, second: str) -> None:
    store = CandleStore(tmp_path)
    put(store, ROWS[:10], first)
    with pytest.raises(ConfigError, match=r"holds candles of another market .*--mix"):
        put(store, ROWS[10:20], second)
    assert rows_of(store.read(BTC, "1m")) == ROWS[:10]
    put(store, ROWS[10:20], second, may_mix=True)
    put(store, ROWS[20:30], first)
    put(store, ROWS[30:40], second)
    with pytest.raises(ConfigError, match="downloaded from another market"):
        put(store, ROWS[40:50], PUBLIC, may_mix=True)
    assert rows_of(store.read(BTC, "1m")) == ROWS[:40]


def test_a_derived_series_takes_no_candles(store: CandleStore) -> None:
    derive(store, "5m")
    rows = columns_of(walk(3, start=ROWS[-1][0] + MINUTE + 3600 * MINUTE, step=5 * MINUTE), timeframe_ns=5 * MINUTE)
    with pytest.raises(ConfigError, match="5m is made of 1m candles and takes no others"):
        store.append(btc(), "5m", rows, source=CSV, now=LATER, may_mix=True)


def test_candles_that_were_brought_are_not_made_over(store: CandleStore) -> None:
    brought = walk(3, start=START, step=60 * MINUTE)
    store.append(btc(), "1h", columns_of(brought, timeframe_ns=60 * MINUTE), source=CSV, now=LATER)
    with pytest.raises(ConfigError, match="1h is stored and was brought"):
        derive(store, "1h")
    assert rows_of(store.read(BTC, "1h")) == brought


@pytest.mark.parametrize("change", ["replaced", "added"])
def test_a_derived_series_is_refused_when_the_finer_one_has_changed_and_made_anew_on_demand(
    store: CandleStore, change: str
) -> None:
    assert derive(store, "1h") == Derived("1m", 500, 8, 1)
    assert rows_of(store.read(BTC, "1h")) == made(ROWS[:500], "1h")
    high = (*ROWS[3][:2], 999_999, *ROWS[3][3:])
    rows = [*ROWS[:3], high, *ROWS[4:500]] if change == "replaced" else ROWS
    put(store, rows, replace=True)
    with pytest.raises(ConfigError, match=r"1h is stale: .*`golive data resample --symbol okx:BTC/USDT --to 1h`"):
        store.read(BTC, "1h")
    assert {entry.timeframe: bool(entry.stale) for entry in store.series()} == {"1m": False, "1h": True}
    assert store.source_of(BTC, "4h") == "1m"
    assert rows_of(store.read(BTC, "4h")) == made(rows, "4h")
    derive(store, "1h")
    assert rows_of(store.read(BTC, "1h")) == made(rows, "1h")
    assert store.source_of(BTC, "4h") == "1h"
    assert rows_of(store.read(BTC, "4h")) == made(rows, "4h")
    assert len(store.index(BTC, "1h").sources) == 1


def test_staleness_passes_through_a_chain(store: CandleStore) -> None:
    derive(store, "5m")
    assert derive(store, "1h").finer == "5m"
    put(store, ROWS)
    assert [entry.timeframe for entry in store.series() if entry.stale] == ["5m", "1h"]
    with pytest.raises(ConfigError, match="5m is stale"):
        derive(store, "1h", "5m")
    assert derive(store, "1h").finer == "1m"
    assert [entry.timeframe for entry in store.series() if entry.stale] == ["5m"]
    assert rows_of(store.read(BTC, "1h")) == made(ROWS, "1h")


def test_rows_that_can_no_longer_be_made_are_gone_when_a_series_is_made_anew(store: CandleStore) -> None:
    derive(store, "5m")
    store.remove(BTC, "1m")
    assert rows_of(store.read(BTC, "5m")) == made(ROWS[:500], "5m")  # nothing contradicts it
    put(store, ROWS[100:500])
    with pytest.raises(ConfigError, match="5m is stale"):
        store.read(BTC, "5m")
    derive(store, "5m")
    assert rows_of(store.read(BTC, "5m")) == made(ROWS[100:500], "5m")
    store.remove(BTC, "1m")
    put(store, ROWS[100:102])
    with pytest.raises(ConfigError, match="no whole candle of 5m can be made of those of 1m"):
        derive(store, "5m")


def test_a_series_whose_index_does_not_say_what_it_was_made_of_is_stale(store: CandleStore) -> None:
    derive(store, "5m")
    path = store.root / "candles/okx/BTC-USDT/5m/index.json"
    document = json.loads(path.read_text())
    assert document["sources"][0].pop("digest") == store.index(BTC, "1m").digest
    path.write_text(json.dumps(document))
    with pytest.raises(ConfigError, match="5m is stale"):
        store.read(BTC, "5m")
