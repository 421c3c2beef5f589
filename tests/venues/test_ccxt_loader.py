"""One CCXT class costs one class, and CCXT is whole for whoever asks for more later in the same process."""

from __future__ import annotations

import subprocess
import sys

import pytest

PRELUDE = """
import sys
from golive.venues.ccxt_loader import exchange_class
def loaded(): return sorted(m.split('.')[-1] for m in sys.modules if m.startswith('ccxt.async_support.') and m.count('.') == 2)
"""


def in_fresh_process(code: str) -> str:
    """Run `code` after the prelude; return what it printed."""
    done = subprocess.run([sys.executable, "-c", PRELUDE + code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_three_classes_load_three_modules_and_not_a_hundred() -> None:
    code = "[exchange_class(n) for n in ('okx', 'kraken', 'bybit')]; print(*loaded())"
    assert in_fresh_process(code) == "base bybit kraken okx"


def test_the_class_is_the_very_class_of_the_full_package_loaded_afterwards() -> None:
    code = """
ours = exchange_class('okx')
import ccxt.pro, ccxt.async_support
assert ccxt.pro.binance.__name__ == 'binance'
assert ccxt.pro.okx is ours, (ccxt.pro.okx, ours)
assert issubclass(ours, ccxt.async_support.okx)
assert exchange_class('okx') is ours
assert exchange_class('kraken') is ccxt.pro.kraken
assert len(ccxt.exchanges) > 90 and 'okx' in ccxt.exchanges
import inspect; print(inspect.getsourcefile(ours).rpartition('ccxt/')[2], ccxt.__version__ == ccxt.pro.__version__)
"""
    assert in_fresh_process(code) == "pro/okx.py True"


def test_error_classes_are_the_same_objects_for_all_venues_and_for_the_full_package() -> None:
    code = """
ours = [sys.modules[exchange_class(n).__module__] for n in ('okx', 'kraken', 'bybit')]
import ccxt
early = ccxt.InvalidNonce
assert 'ccxt.binance' not in sys.modules, 'asking for an error class completes nothing'
assert all(getattr(m, 'AuthenticationError') is ccxt.AuthenticationError for m in ours)
from ccxt import Exchange, RateLimitExceeded
assert 'ccxt.binance' not in sys.modules
ccxt.binance
import ccxt.async_support
assert early is ccxt.InvalidNonce is ccxt.async_support.InvalidNonce
assert sys.modules['ccxt.base.errors'].BaseError is ccxt.BaseError
assert Exchange is ccxt.Exchange and RateLimitExceeded is ccxt.RateLimitExceeded
import pickle
assert type(pickle.loads(pickle.dumps(ccxt.OrderNotFound('x')))) is ccxt.OrderNotFound
print('same')
"""
    assert in_fresh_process(code) == "same"


def test_star_import_and_submodule_import_of_the_full_package_work_afterwards() -> None:
    code = "exchange_class('kraken')\nfrom ccxt import *\nimport ccxt.coinbase\nfrom ccxt.pro import gate\nprint(binance.__name__, gate.__name__)"
    assert in_fresh_process(code) == "binance gate"


def test_a_package_loaded_before_is_used_as_it_is() -> None:
    assert in_fresh_process("import ccxt.pro\nprint(exchange_class('okx') is ccxt.pro.okx)") == "True"


def test_a_probe_for_a_special_attribute_completes_nothing() -> None:
    code = "exchange_class('okx')\nimport ccxt\nprint(hasattr(ccxt, '__wrapped__'), hasattr(ccxt, '__warningregistry__'), 'ccxt.binance' in sys.modules)"
    assert in_fresh_process(code) == "False False False"


@pytest.mark.parametrize(
    ("setup", "why"),
    [
        ("", "No module named 'ccxt.async_support.nosuch'"),
        ("sys.modules['ccxt.pro.nosuch'] = sys.modules['ccxt.async_support.nosuch'] = type(sys)('x')", "has no attribute"),
    ],
)
def test_a_class_that_is_not_where_it_was_is_one_clear_error(setup: str, why: str) -> None:
    code = f"""
from golive.model.errors import ConfigError
{setup}
try: exchange_class('nosuch')
except ConfigError as exc: print(exc)
"""
    text = in_fresh_process(code)
    assert "cannot give its exchange class 'nosuch'" in text
    assert why in text
    assert "constraints.txt" in text


def test_one_class_takes_six_tenths_of_the_memory_of_ccxts_async_package() -> None:
    peak = "\nprint(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    ours = int(in_fresh_process("exchange_class('okx')" + peak))
    full = int(
        subprocess.run(
            [sys.executable, "-c", "import ccxt.async_support" + peak], capture_output=True, text=True, check=True
        ).stdout
    )
    assert ours <= 0.6 * full
