"""How code is compiled and kept: when, where, under which key, and that it computes what its source says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import golive
from golive.matching.compiled import FOLDERS_KEPT, compiles, source_digest
from support.kernel_digest import digest

PACKAGE = Path(golive.__file__).parent
TESTS = Path(__file__).parents[1]


def run(*arguments: str, source: Path = PACKAGE.parent, **environment: str) -> str:
    """Run Python in a process of its own and return what it printed."""
    settings = os.environ | {"PYTHONPATH": os.pathsep.join([str(source), str(TESTS)])} | environment
    done = subprocess.run([sys.executable, "-W", "error", *arguments], env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_the_matching_rooms_does_not_import_the_compiler() -> None:
    names = [path.relative_to(PACKAGE.parent).with_suffix("") for path in (PACKAGE / "matching").rglob("*.py")]
    imports = "; ".join(f"import {'.'.join(name.parts)}" for name in names)
    assert run("-c", f"{imports}; import sys; print({{'numba', 'numpy'}} & set(sys.modules))") == "set()"


def test_plain_python_and_compiled_code_do_the_same() -> None:
    assert compiles()
    assert run("-m", "support.kernel_digest", "5", "700", NUMBA_DISABLE_JIT="1") == digest(5, 700)


SMALL_USE = """
from golive.matching.kernel.layout import new_book
from golive.matching.kernel.level import best_price
print(best_price(new_book(1, 1), 1))
"""


def test_code_is_compiled_in_memory_where_no_folder_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert run("-c", SMALL_USE, GOLIVE_CACHE_DIR=str(tmp_path / "file" / "cache")) == "0"
    assert [path.name for path in tmp_path.rglob("*")] == ["file"]


def test_code_is_kept_below_the_folder_that_was_named(tmp_path: Path) -> None:
    for _ in range(2):
        assert run("-c", SMALL_USE, GOLIVE_CACHE_DIR=str(tmp_path)) == "0"
    kept = list((tmp_path / "compiled" / source_digest()).rglob("*.nbi"))
    assert any("best_price" in path.name for path in kept)


def test_a_change_in_a_called_module_is_seen(tmp_path: Path) -> None:
    """numba itself would go on using what it kept: it looks at the caller's file only."""
    source, cache = tmp_path / "source", str(tmp_path / "cache")
    source.mkdir()
    shutil.copytree(PACKAGE, source / "golive")
    called = source / "golive" / "matching" / "called.py"
    called.write_text("from golive.matching.compiled import compiled\n\n@compiled\ndef inner(x):\n    return x + 1\n")
    caller = source / "golive" / "matching" / "caller.py"
    caller.write_text(
        "from golive.matching.compiled import compiled\nfrom .called import inner\n\n@compiled\ndef outer(x):\n    return inner(x)\n"
    )
    use = "from golive.matching.caller import outer; print(outer(1))"
    assert run("-c", use, source=source, GOLIVE_CACHE_DIR=cache) == "2"
    called.write_text(called.read_text().replace("x + 1", "x + 100"))
    assert run("-c", use, source=source, GOLIVE_CACHE_DIR=cache) == "101"


def test_the_key_covers_the_kernel_and_everything_that_is_compiled_elsewhere(tmp_path: Path) -> None:
    package = tmp_path / "golive"
    for room, text in (
        ("matching/kernel", "A = 1"),
        ("market", "from golive.matching.compiled import compiled"),
        ("cli", "B = 1"),
    ):
        (package / room).mkdir(parents=True)
        (package / room / "module.py").write_text(text)
    keys = [source_digest(package)]
    for room in ("matching/kernel", "market", "cli"):
        path = package / room / "module.py"
        path.write_text(path.read_text() + "\n")
        keys.append(source_digest(package))
    before, after_kernel, after_market, after_cli = keys
    assert len({before, after_kernel, after_market}) == 3
    assert after_cli == after_market
    (package / "matching/kernel/module.py").rename(package / "matching/kernel/renamed.py")
    assert source_digest(package) != after_cli


def folder_of(cache: Path) -> Path | None:
    printed = run("-c", "from golive.matching.compiled import cache_folder; print(cache_folder())", GOLIVE_CACHE_DIR=str(cache))
    return None if printed == "None" else Path(printed)


def test_code_of_old_sources_is_forgotten_the_oldest_first(tmp_path: Path) -> None:
    root = tmp_path / "compiled"
    for number in range(FOLDERS_KEPT + 5):
        old = root / f"old{number:02}"
        old.mkdir(parents=True)
        os.utime(old, (1_000 + number, 1_000 + number))
    folder = folder_of(tmp_path)
    assert folder is not None
    assert sorted(path.name for path in root.iterdir() if path != folder) == [f"old{n:02}" for n in range(5, FOLDERS_KEPT + 5)]


def test_code_that_others_could_write_is_not_run(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    assert folder is not None
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o720)
    assert folder_of(tmp_path) is None


def test_the_cache_lies_below_the_users_own_by_default(tmp_path: Path) -> None:
    use = "from golive.matching.compiled import cache_folder; print(cache_folder())"
    by_xdg = run("-c", use, GOLIVE_CACHE_DIR="", XDG_CACHE_HOME=str(tmp_path / "xdg"))
    by_home = run("-c", use, GOLIVE_CACHE_DIR="", XDG_CACHE_HOME="", HOME=str(tmp_path))
    assert by_xdg == str(tmp_path / "xdg" / "golive" / "compiled" / source_digest())
    assert by_home == str(tmp_path / ".cache" / "golive" / "compiled" / source_digest())


def test_another_optimisation_level_is_refused() -> None:
    use = """
import os
os.environ["NUMBA_OPT"] = "3"
import numba
from golive.matching.kernel.layout import new_book
from golive.matching.kernel.level import best_price
try:
    best_price(new_book(1, 1), 1)
except RuntimeError as exc:
    print(exc)
"""
    assert run("-c", use) == "numba was imported with optimisation level 3: set NUMBA_OPT=2"


def test_compiling_ahead_leaves_nothing_to_compile() -> None:
    run("-m", "golive.matching.warm")
    assert " 0 compiled, " in run("-m", "golive.matching.warm")


@pytest.mark.slow
def test_no_index_is_out_of_bounds(tmp_path: Path) -> None:
    checked = run("-m", "support.kernel_digest", "6", "20000", NUMBA_BOUNDSCHECK="1", GOLIVE_CACHE_DIR=str(tmp_path))
    assert checked == digest(6, 20_000)
