"""Strategies of the project's folder: how they are found, what is wrong with a file, and what binds them to evidence."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from golive.config.configuration import Configuration
from golive.model.errors import ConfigError
from golive.runtime.options import RunOptions
from golive.runtime.plan import Plan, plan_run
from golive.runtime.strategy_check import check_strategy, generated_candles
from golive.runtime.strategy_folder import FoundStrategy, Unreadable, all_strategies, find_strategy, load_file
from golive.runtime.strategy_new import new_strategy
from golive.storage.config_files import load_configuration
from golive.strategy import STRATEGIES, Bar, FillSeen, bound, resolve_parameters
from golive.strategy.targets import targets_of
from golive.strategy.template import FORMS
from support.frame_strategies import SMALL

ROOT = Path(__file__).parents[2]
MINUTE = 60 * 10**9
PLAIN = '''"""Hold on a rise."""

from dataclasses import dataclass

FACTOR = 1.0


@dataclass(slots=True)
class State:
    close: float = 0.0


def step(state, bar, params):
    rises = bar.close > state.close * FACTOR
    state.close = bar.close
    return 1.0 if rises else 0.0


class Plain:
    name = "plain"
    summary = "hold on a rise"
    parameters = {}

    def initial(self, params):
        return State()

    def step(self, state, bar, params):
        return step(state, bar, params)

    def warm_up(self, params):
        return 1
'''


def written(home: Path, name: str, text: str) -> Path:
    file = home / "strategies" / f"{name}.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("form", FORMS)
def test_a_new_strategy_of_each_form_runs_as_it_is_and_passes_every_check(form: str, tmp_path: Path) -> None:
    file, test = new_strategy("my_own", form, tmp_path)
    assert file.is_file()
    compile(test.read_bytes(), str(test), "exec")
    examined = check_strategy("my_own", tmp_path)
    assert examined.found.form == form
    assert [each for each in examined.findings if each.status == "failed"] == []


@pytest.mark.parametrize(
    ("name", "form", "words"),
    [
        ("my own", "step", "no name"),
        ("class", "step", "no name"),
        ("../x", "step", "no name"),
        ("grid", "step", "built-in"),
        ("fine", "waltz", "step, callbacks, signals, freqtrade"),
    ],
)
def test_a_name_or_form_that_cannot_be_is_refused(name: str, form: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=words):
        new_strategy(name, form, tmp_path)
    assert not (tmp_path / "strategies").exists()


def test_a_file_is_never_overwritten(tmp_path: Path) -> None:
    file = written(tmp_path, "test_plain", "mine\n")
    with pytest.raises(ConfigError, match="is not overwritten"):
        new_strategy("plain", "step", tmp_path)
    assert file.read_text() == "mine\n"
    assert not (tmp_path / "strategies/plain.py").exists()


def test_a_strategy_is_found_by_its_name_in_a_file_of_any_name(tmp_path: Path) -> None:
    file = written(tmp_path, "anything", PLAIN)
    found = find_strategy("plain", tmp_path)
    assert (found.strategy.name, found.file, found.form) == ("plain", file, "step")
    assert "position_pct" in found.strategy.parameters


def test_a_built_in_name_runs_no_file(tmp_path: Path) -> None:
    written(tmp_path, "bomb", "raise SystemExit(3)\n")
    assert find_strategy("grid", tmp_path).file is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1\ndef f(:\n", r"own\.py:2: SyntaxError"),
        ("x = 1\n\nimport no_such_module_here\n", r"own\.py:3: ModuleNotFoundError"),
        ("x = 1\n", r"own\.py: defines no strategy; write a new one"),
        (
            "class Own:\n    name = 'own'\n    def on_candle(self, bar): return 1.0\n",
            r"own\.py: defines no strategy; class Own has on_candle and is not based on golive\.strategy\.callbacks\.Callbacks;",
        ),
        (
            "class Own:\n    name = 'own'\n    def signals(self, columns, params): return columns['close']\n",
            r"no strategy; class Own has signals and is not based on golive\.strategy\.signals\.Signals;",
        ),
        (
            "class Own:\n    def populate_indicators(self, dataframe, metadata): return dataframe\n",
            r"no strategy; class Own has populate_indicators and is not based on freqtrade\.strategy\.IStrategy;",
        ),
        ("class Own:\n    def initial(self, params): return 0\n", "no strategy; class Own has initial and lacks step;"),
        (
            "class A:\n    name = 'own'\n    def step(self, state, bar, params): return 0.0\n",
            "class A has a step and lacks summary",
        ),
        (PLAIN.replace('"plain"', '"grid"'), r"own\.py: the name grid is that of a built-in"),
        ("from golive.strategy.callbacks import Callbacks\nclass A(Callbacks):\n    name = 'own'\n", "define on_candle"),
        ("from golive.strategy.signals import Signals\nclass A(Signals):\n    name = 'own'\n", "define signals"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_its_line(text: str, words: str, tmp_path: Path) -> None:
    file = written(tmp_path, "own", text)
    with pytest.raises(ConfigError, match=words):
        find_strategy("own", tmp_path)
    rows = all_strategies(tmp_path)
    assert [row.file for row in rows if isinstance(row, Unreadable)] == [file]
    assert len([row for row in rows if isinstance(row, FoundStrategy)]) == len(STRATEGIES)


def test_an_unknown_name_is_told_with_the_known_ones_and_the_broken_files(tmp_path: Path) -> None:
    written(tmp_path, "plain", PLAIN)
    written(tmp_path, "broken", "1 / 0\n")
    with pytest.raises(ConfigError, match=r"(?s)known: .*multi_strategy_default, plain.*broken\.py:1: ZeroDivisionError"):
        find_strategy("moon", tmp_path)


def test_two_files_of_one_name_are_told(tmp_path: Path) -> None:
    written(tmp_path, "a", PLAIN)
    second = written(tmp_path, "b", PLAIN)
    unreadable = [row for row in all_strategies(tmp_path) if isinstance(row, Unreadable)]
    assert [row.file for row in unreadable] == [second]
    assert "taken by" in unreadable[0].reason


def test_an_edited_file_is_compiled_again(tmp_path: Path) -> None:
    """Same length, same time stamp, another constant: what was kept of the first file must not answer for the second."""
    candles = generated_candles(500, MINUTE)
    held = []
    for factor in ("1.0", "0.9"):
        file = written(tmp_path, "plain", PLAIN.replace("FACTOR = 1.0", f"FACTOR = {factor}"))
        os.utime(file, (1_700_000_000, 1_700_000_000))
        strategy = find_strategy("plain", tmp_path).strategy
        params = bound(resolve_parameters("plain", strategy.parameters, {}))
        compiled = targets_of(strategy, params, candles, compiled=True)
        assert np.array_equal(compiled.index, targets_of(strategy, params, candles, compiled=False).index)
        held.append(float(compiled.at_every_bar(500).mean()))
    assert held[0] < 0.9 < held[1]


LISTENING = """
from golive.strategy.callbacks import Callbacks

class Listening(Callbacks):
    name = "listening"

    def on_start(self, params):
        self.held = 0.0

    def on_fill(self, fill):
        self.held = fill.position

    def on_candle(self, bar):
        return 0.0 if self.held else 1.0
"""


def test_callbacks_hear_of_fills_in_the_object_of_their_instrument(tmp_path: Path) -> None:
    written(tmp_path, "listening", LISTENING)
    strategy = find_strategy("listening", tmp_path).strategy
    params = bound(resolve_parameters("listening", strategy.parameters, {}))
    state, other = strategy.initial(params), strategy.initial(params)
    bar = Bar(1, 1.0, 1.0, 1.0, 1.0, 1.0)
    assert strategy.step(state, bar, params) == 1.0
    strategy.on_fill(state, FillSeen(1, True, 1.0, 2.0, 2.0), params)  # type: ignore[attr-defined]
    assert (strategy.step(state, bar, params), strategy.step(other, bar, params)) == (0.0, 1.0)
    assert not hasattr(strategy, "on_trade")


def planned(home: Path, configuration: Configuration) -> Plan:
    return plan_run(RunOptions(mode="demo"), configuration, home / "config/runtime.yaml", home)


def test_the_trading_digest_follows_the_source_of_a_strategy_of_the_folder(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    for name in ("core.yaml", "runtime.yaml"):
        file = tmp_path / "config" / name
        file.write_text(file.read_text().replace("multi_strategy_default", "plain"))
    configuration = load_configuration(tmp_path / "config/runtime.yaml", {})
    with pytest.raises(ConfigError, match="'plain' is neither built in"):
        planned(tmp_path, configuration)
    written(tmp_path, "plain", PLAIN)
    first, again = planned(tmp_path, configuration), planned(tmp_path, configuration)
    assert first.strategy.name == "plain"
    assert first.trading_digest == again.trading_digest
    written(tmp_path, "plain", PLAIN + "# a comment counts: the file is what was judged\n")
    assert planned(tmp_path, configuration).trading_digest != first.trading_digest


def test_a_strategy_for_another_timeframe_is_refused(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    for name in ("core.yaml", "runtime.yaml"):
        file = tmp_path / "config" / name
        file.write_text(file.read_text().replace("multi_strategy_default", "plain"))
    written(tmp_path, "plain", PLAIN.replace("    parameters = {}", '    parameters = {}\n    timeframe = "5m"'))
    with pytest.raises(ConfigError, match="candles of 5m, not of 1m"):
        planned(tmp_path, load_configuration(tmp_path / "config/runtime.yaml", {}))


def test_the_parameter_file_beside_a_foreign_class_is_read_and_bound_to_the_evidence(tmp_path: Path) -> None:
    file = written(tmp_path, "Small", SMALL.replace("default=5", "default=5, space='buy'"))
    alone = find_strategy("Small", tmp_path)
    beside = file.with_suffix(".json")
    beside.write_text('{"strategy_name": "Small", "params": {"buy": {"fast": 9}}}')
    both = find_strategy("Small", tmp_path)
    assert (alone.strategy.parameters["fast"].default, both.strategy.parameters["fast"].default) == (5, 9)
    assert alone.source_sha256 != both.source_sha256
    beside.write_text('{"strategy_name": "Other", "params": {}}')
    with pytest.raises(ConfigError, match=r"Small\.json: strategy_name is 'Other'; Small\.py has Small"):
        find_strategy("Small", tmp_path)
    beside.write_text("{")
    with pytest.raises(ConfigError, match=r"Small\.json: not JSON: "):
        find_strategy("Small", tmp_path)


REMEMBERING = '''"""Keeps the longest columns it was ever handed, and reads the next close out of them."""

import numpy as np

from golive.strategy.signals import Signals

print("loaded")
SEEN = {}


class Remembering(Signals):
    name, summary = "remembering", "for tests"
    window_bars = 50

    def signals(self, columns, params):
        if len(columns["ts"]) >= len(SEEN.get("ts", ())):
            SEEN.update(columns)
        after = {ts: close for ts, close in zip(SEEN["ts"], SEEN["close"][1:])}
        return np.array([float(after.get(ts, 0) > close) for ts, close in zip(columns["ts"], columns["close"])])
'''


def test_a_look_ahead_through_the_module_is_caught(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path, "remembering", REMEMBERING)
    found = {each.check: each.status for each in check_strategy("remembering", tmp_path, bars=600).findings}
    assert found["no look-ahead"] == "failed"
    assert found["session = history"] == "failed"
    assert capsys.readouterr().out == "loaded\n", "it is made anew for every run, and heard once"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("import sys; sys.exit(3)", ":1: SystemExit: 3"),
        ("raise KeyboardInterrupt", ":1: KeyboardInterrupt: "),
        ("class Odd(BaseException): pass\nraise Odd(7)", ":2: Odd: 7"),
    ],
)
def test_a_file_that_ends_the_process_is_one_that_cannot_be_read(line: str, told: str, tmp_path: Path) -> None:
    file = written(tmp_path, "ending", line)
    written(tmp_path, "plain", PLAIN)
    rows = all_strategies(tmp_path)
    assert [row.reason for row in rows if isinstance(row, Unreadable)] == [f"{file}{told}"]
    assert find_strategy("plain", tmp_path).strategy.name == "plain"
    with pytest.raises(ConfigError, match=f"ending.py{told}"):
        find_strategy("ending", tmp_path)


def test_an_interrupt_from_the_keyboard_is_not_the_files(tmp_path: Path) -> None:
    written(tmp_path, "slow", "import signal\nsignal.raise_signal(signal.SIGINT)\n")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background may ignore it
    try:
        with pytest.raises(KeyboardInterrupt):
            find_strategy("slow", tmp_path)
    finally:
        signal.signal(signal.SIGINT, before)


def test_two_classes_of_one_file_with_one_name_are_an_error(tmp_path: Path) -> None:
    file = written(tmp_path, "plain", PLAIN + "\n\nAlias = Plain\n\n\nclass Again(Plain):\n    summary = 'again'\n")
    with pytest.raises(ConfigError, match=r"plain\.py: 2 classes have the name plain"):
        find_strategy("plain", tmp_path)
    assert [row.file for row in all_strategies(tmp_path) if isinstance(row, Unreadable)] == [file]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("parameters = {}", 'parameters = {"q": 1}', r"plain\.py: class Plain: parameter 'q' is 1; write Parameter"),
        ("parameters = {}", "parameters = 5", r"plain\.py:0: class Plain: TypeError: "),
        ("return 1\n", "return 1 // 0\n", r"plain\.py:31: class Plain: ZeroDivisionError: "),
        ('name = "plain"', "name = 5", r"plain\.py: class Plain: name and summary must be text"),
    ],
)
def test_what_is_no_strategy_is_told_with_file_and_class(old: str, new: str, told: str, tmp_path: Path) -> None:
    written(tmp_path, "plain", PLAIN.replace(old, new))
    with pytest.raises(ConfigError, match=told):
        find_strategy("plain", tmp_path)


@pytest.mark.parametrize(
    "hostile",
    ["=cmd|'/c calc'!A1", "+1+1", "-2+3", "@SUM(A1)", "a\t=1", "../../x", "<b>", "a\x1b[2J", "\u202ex", "a b", "", "x" * 65],
)
@pytest.mark.parametrize("place", ['name = "plain"', "parameters = {}"])
def test_names_are_plain_because_they_stand_in_files_tables_and_commands(place: str, hostile: str, tmp_path: Path) -> None:
    parameter = "__import__('golive.strategy').strategy.Parameter(1.0, 0.0, 2.0, 'x')"
    told = f"name = {hostile!r}" if "name" in place else f"parameters = {{{hostile!r}: {parameter}}}"
    written(tmp_path, "plain", PLAIN.replace(place, told))
    with pytest.raises(ConfigError, match=r"plain\.py: class Plain: ['\"].*['\"] cannot be a (parameter's )?name: 1 to 64"):
        load_file(tmp_path / "strategies/plain.py")


def test_a_file_that_was_given_another_name_is_compiled_anew(tmp_path: Path) -> None:
    """The compiler's cache refers to the module, which another process that knows the new name only cannot import."""
    for name in ("before", "after"):
        written(tmp_path, name, PLAIN.replace('name = "plain"', f'name = "{name}"'))
        words = [sys.executable, "-m", "golive.cli.main", "strategy", "check", name, "--home", str(tmp_path)]
        env = {**os.environ, "GOLIVE_CACHE_DIR": str(tmp_path / "cache")}
        done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=120, check=False)
        assert "ok      compiled = interpreted: 3000 targets, bit for bit" in done.stdout, done.stdout + done.stderr


def test_a_missing_import_does_not_hide_what_is_not_carried_over(tmp_path: Path) -> None:
    text = SMALL + "\n    def custom_exit(self, pair, trade, **rest):\n        return self.wallets.get_total('USDT') > 3\n"
    written(tmp_path, "Small", f"import no_such_indicators\n{text}")
    with pytest.raises(ConfigError) as caught:
        find_strategy("Small", tmp_path)
    first, *rest = str(caught.value).splitlines()
    assert first.endswith("No module named 'no_such_indicators'; and not carried over from freqtrade:")
    assert [each.split(":")[0] for each in rest] == ["  - custom_exit", "  - wallets"]
