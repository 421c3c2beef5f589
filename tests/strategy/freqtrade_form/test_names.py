"""Foreign names exist while a file is loaded, and leave nothing behind."""

from __future__ import annotations

import importlib
import subprocess
import sys
from types import ModuleType

import pytest

from golive.model.errors import ConfigError
from golive.strategy.freqtrade_form import IStrategy, foreign_names

FOREIGN = ("freqtrade", "talib", "technical", "qtpylib")


def foreign_modules() -> list[str]:
    return [name for name in sys.modules if name.partition(".")[0] in FOREIGN]


def test_all_usual_imports_resolve_inside_and_none_outside() -> None:
    with foreign_names():
        import talib
        import talib.abstract as ta
        from freqtrade.persistence import Trade
        from freqtrade.strategy import IntParameter, merge_informative_pair, timeframe_to_minutes
        from freqtrade.strategy import IStrategy as Base
        from freqtrade.strategy.interface import IStrategy as OldPlace
        from freqtrade.vendor.qtpylib import indicators
        from technical import qtpylib

        assert Base is OldPlace is IStrategy
        assert timeframe_to_minutes("4h") == 240
        assert IntParameter(1, 3, default=2).value == 2
        assert callable(qtpylib.crossed_above)
        assert indicators.crossed_above is qtpylib.crossed_above
        assert callable(ta.RSI)
        assert talib.RSI is not ta.RSI
        with pytest.raises(ConfigError, match="merge_informative_pair is not carried over"):
            merge_informative_pair()
        with pytest.raises(ConfigError, match=r"Trade\.get_trades is not carried over"):
            Trade.get_trades()
    assert not foreign_modules()
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("freqtrade.strategy")


def test_a_real_module_of_that_name_is_back_afterwards() -> None:
    real = ModuleType("freqtrade")
    sys.modules["freqtrade"] = real
    try:
        with foreign_names():
            assert importlib.import_module("freqtrade") is not real
        assert sys.modules["freqtrade"] is real
    finally:
        del sys.modules["freqtrade"]


def test_nothing_is_left_when_loading_fails() -> None:
    before = list(sys.meta_path)
    with pytest.raises(ZeroDivisionError), foreign_names():
        exec("import freqtrade.strategy; 1 / 0", {})
    assert not foreign_modules()
    assert sys.meta_path == before


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("import freqtrade.rpc", "freqtrade.rpc is not carried over"),
        ("from freqtrade.strategy import Nothing", "freqtrade.strategy.Nothing is not carried over"),
        ("from technical.indicators import ichimoku", "technical.indicators is not carried over"),
        ("from talib import CDLDOJI", "talib.CDLDOJI is not among the indicators"),
    ],
)
def test_what_is_not_there_is_named(statement: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said), foreign_names():
        exec(statement, {})


@pytest.mark.parametrize("statement", ["import pandas", "from freqtrade.strategy import IStrategy"])
def test_without_pandas_the_extra_is_named(statement: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ConfigError, match=r"pip install 'golive\[freqtrade\]'"), foreign_names():
        exec(statement, {})


def test_other_missing_modules_are_still_missing() -> None:
    with pytest.raises(ModuleNotFoundError, match="surely_not_there"), foreign_names():
        importlib.import_module("surely_not_there")


def test_the_room_is_imported_without_pandas_and_numpy() -> None:
    script = (
        "import sys, golive.strategy.freqtrade_form as form\n"
        "with form.foreign_names(): pass\n"
        "print([name for name in ('pandas', 'numpy', 'numba') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
