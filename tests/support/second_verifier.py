"""The verifier that knows nothing of Golive, `tools/verify_journal.py`, as a function."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

SCRIPT: Final = Path(__file__).parents[2] / "tools/verify_journal.py"


def _load() -> Any:
    spec = importlib.util.spec_from_file_location("verify_journal", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_module: Final = _load()


def findings(
    files: Sequence[Path], key: Path, copies: Path | None = None, first: bytes | None = None
) -> Iterator[tuple[int, str]]:
    """Yield (exit code, text) of what it finds."""
    found: Iterator[tuple[int, str]] = _module.verify(list(files), json.loads(key.read_bytes()), copies, first)
    return found


def exit_code(files: Sequence[Path], key: Path, copies: Path | None = None, first: bytes | None = None) -> int:
    """Return what the script would exit with."""
    return min((code for code, _ in findings(files, key, copies, first)), default=0)
