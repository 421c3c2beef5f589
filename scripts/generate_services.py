#!/usr/bin/env python3
"""Make the Python of every `.proto` under `src/golive/services/proto/`, with types; `--check` says whether it is current.

Needs the makers of the `dev` extra. Exit 0 made or current, 1 not current, 2 no maker.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from importlib import resources
from pathlib import Path

SOURCES = Path(__file__).resolve().parent.parent / "src"
FOLDER = Path("golive/services/proto")


def made(into: Path) -> dict[str, bytes]:
    """Return the generated files by name; `into` is an empty folder to make them in."""
    from grpc_tools import protoc

    protos = sorted(str(path.relative_to(SOURCES)) for path in (SOURCES / FOLDER).glob("*.proto"))
    plain = resources.files("grpc_tools") / "_proto"
    made_of = ["protoc", f"-I{SOURCES}", f"-I{plain}", f"--python_out={into}", f"--grpc_python_out={into}", f"--mypy_out={into}"]
    scripts = Path(sys.executable).parent
    plugins = [f"--plugin={each}={scripts / each}" for each in ("protoc-gen-mypy", "protoc-gen-mypy_grpc")]
    if protoc.main([*made_of, f"--mypy_grpc_out={into}", *plugins, *protos]) != 0:
        raise SystemExit(2)
    return {path.name: path.read_bytes() for path in sorted((into / FOLDER).iterdir())}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--check", action="store_true", help="change nothing; exit 1 when something is not current")
    check = options.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        files = made(Path(folder))
    stale = [name for name, data in files.items() if not _is(SOURCES / FOLDER / name, data)]
    if not check:
        for name in stale:
            (SOURCES / FOLDER / name).write_bytes(files[name])
    for name in stale:
        print(f"{'not current' if check else 'made'}: {FOLDER / name}")
    return 1 if check and stale else 0


def _is(path: Path, data: bytes) -> bool:
    return path.exists() and path.read_bytes() == data


if __name__ == "__main__":
    sys.exit(main())
