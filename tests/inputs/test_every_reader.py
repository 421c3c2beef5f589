"""Every place that opens a file for reading is known: new ones go through `golive.inputs`, or say here why they need not."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src/golive"
OPENING = {"open", "read_bytes", "read_text"}

OWN_FILES = "written by this installation and checked by owner, mode, MAC, seal or digest"
OWN_CODE = "comes with the program"
GUARDED = "without links, of this user alone, bounded"
KERNEL = "the kernel's"
KNOWN = {
    "audit": OWN_FILES, "storage": OWN_FILES, "runtime/live": OWN_FILES, "runtime/alerts": OWN_FILES, "runtime/explain": OWN_FILES,
    "runtime/monitoring.py": OWN_FILES, "runtime/sweep_columns.py": OWN_FILES, "runtime/service_levels": OWN_FILES, "market": OWN_FILES,
    "cli/metrics.py": OWN_FILES, "runtime/strategy_new.py": "makes a file that must not be there yet",
    "matching/compiled.py": OWN_CODE, "runtime/code_version.py": OWN_CODE, "runtime/host_signer.py": OWN_CODE, "runtime/page_script.py": OWN_CODE,
    "runtime/doctor/machine.py": OWN_CODE, "cli/delivery.py": "/dev/null", "runtime/memory.py": KERNEL, "venues/host_lock.py": KERNEL,
    "venues/budget_file.py": KERNEL, "runtime/window/archive.py": OWN_FILES,
    "runtime/named_tests/running.py": "written by the tests that it started, in a folder of its own",
    "inputs/safe_open.py": "the one place", "security/private_file.py": GUARDED,
    "cli/passphrase_source.py": GUARDED, "security/passphrase.py": GUARDED, "runtime/mtls/place.py": GUARDED,
    "runtime/licence/issuance.py": "makes a file that must not be there yet", "runtime/licence/renewal.py": "a URL",
    "security/licence/machine.py": KERNEL, "security/passphrase_rule.py": OWN_CODE,
}  # fmt: skip


def _opened(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name) and called.id == "open":
                yield node.lineno
            elif isinstance(called, ast.Attribute) and called.attr in OPENING:
                owner = called.value
                is_class = isinstance(owner, ast.Name) and (owner.id[:1].isupper() or owner.id == "cls")
                is_file = (
                    called.attr != "open"
                    or (isinstance(owner, ast.Name) and owner.id == "os")
                    or bool(node.args or node.keywords)
                )
                if is_file and not is_class and not _is_own(owner):
                    yield node.lineno


def _is_own(owner: ast.expr) -> bool:
    """Whether a method `open` of an object of ours is meant: of a session, a browser, a connection."""
    return isinstance(owner, ast.Attribute) or (
        isinstance(owner, ast.Name) and owner.id in ("self", "webbrowser", "connection", "access")
    )


def test_every_place_that_reads_a_file_is_known() -> None:
    surprising = []
    for file in sorted(SOURCE.rglob("*.py")):
        name = file.relative_to(SOURCE).as_posix()
        if any(name == each or name.startswith(f"{each}/") for each in KNOWN):
            continue
        surprising += [f"{name}:{line}" for line in _opened(ast.parse(file.read_text(encoding="utf-8")))]
    assert surprising == [], "read it by golive.inputs.safe_open, or say in KNOWN why it need not be"


def test_what_is_known_is_still_there() -> None:
    assert [name for name in KNOWN if not (SOURCE / name).exists()] == []
