from __future__ import annotations

from pathlib import Path

import pytest

from golive.model.errors import ConfigError
from golive.runtime.candle_place import candle_store, environment_for
from support.configuration import CORE, RUNTIME, changed, parse


def test_the_environment_is_the_named_one_the_venues_or_the_default() -> None:
    configuration = parse(RUNTIME, CORE)
    assert environment_for(configuration, named="kraken_paper", venue="okx") == "kraken_paper"
    assert environment_for(configuration, named=None, venue="bybit") == "bybit_paper"
    assert environment_for(configuration, named=None, venue=None) == "okx_paper"
    with pytest.raises(ConfigError, match=r"okx_live: not configured; core\.yaml has okx_paper"):
        environment_for(configuration, named="okx_live", venue=None)
    with pytest.raises(ConfigError, match="no environment of venue 'binance'"):
        environment_for(configuration, named=None, venue="binance")


def test_candles_lie_where_the_configuration_says() -> None:
    core = changed(CORE, "    data_cache_path: var/data/okx_paper\n", "")
    core = changed(core, "data_cache_path: var/data/kraken_paper", "data_cache_path: elsewhere")
    configuration = parse(RUNTIME, core)
    assert candle_store(configuration, Path("/installation"), "okx_paper").root == Path("/installation/var/data/okx_paper")
    assert candle_store(configuration, Path("/installation"), "kraken_paper").root == Path("/installation/elsewhere")
