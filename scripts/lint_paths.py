#!/usr/bin/env python3
"""Say what may not lie in this repository: leftovers, executables in the archive, machine paths, secrets, doubtful YAML, bulk.

`scripts/lint_paths.py [ROOT] [--strict]`: exit 0 when nothing was found, else 1; one line for each finding, `path:line: what`.
Looked at is what git keeps or would keep, and `KryptoLowca/` and `archive/` as they lie on the disk; without git, every file.
`LINT_PATHS_ALLOW_LEGACY=1` makes a notice of the mere presence of `KryptoLowca/` and `archive/`; `--strict`, the form for gates,
refuses it. Needs the standard library alone, except for YAML files: those are read with PyYAML.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lint_legacy import LEGACY, cells, legacy_lines
from lint_secrets import secrets, tokens
from lint_text import printable, text_of

ARCHIVE = "archive"
VARIABLE = "LINT_PATHS_ALLOW_LEGACY"
LARGEST = 1_000_000
"""bytes of a file that is kept"""
EXECUTABLE = frozenset({".py", ".pyc", ".pyo", ".exe", ".bat", ".cmd", ".sh"})
NOT_OURS = frozenset(
    {
        *(".git", ".venv", "__pycache__", "node_modules", ".mypy_cache", ".ruff_cache", ".pytest_cache"),
        *(".hypothesis", ".import_linter_cache"),
    }
)
"""folders that are not looked into where no git tells what is kept"""
PLACES_OF_SECRETS = re.compile(
    r"(?is)(?:^|/)(?:secrets/.+|\.env(?:\.(?!example$|sample$|template$)[^/]+)?|\.netrc|\.pgpass|id_(?:rsa|dsa|ecdsa|ed25519)(?:\.(?:bak|old|orig|save))?~?"
    r"|[^/]+\.(?:p12|pfx|jks|kdbx|age|key|ppk|keystore|ovpn)(?:\.(?:bak|old|orig|save))?~?)\s*$"
)

MACHINE_PATHS = re.compile(
    r"(?:(?<![\w.<>{}$~/-])|(?<=-[ILF])|(?<=[^:/]/))(?:file:/{1,3})?(?:"
    r"/(?:[a-z]/)?(?:home|Users)/[A-Za-z0-9_][\w.-]*"
    r"|/root/[\w.-]"
    r"|/(?:workspaces?|builds|github|mnt/[a-z]|private/var|var/folders|opt/(?:hostedtoolcache|homebrew|conda)|Volumes"
    r"|media/[\w.-]+|run/user/\d+|nix/store|snap)/[\w.-]"
    r"|(?i:[a-z]:[\\/]{1,2}(?:users|documents|program files|windows|projects?|work|dev|src|repos?|temp)\b))"
)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    path: str
    line: int
    text: str

    def __str__(self) -> str:
        where = printable(self.path)
        return f"{where}:{self.line}: {self.text}" if self.line else f"{where}: {self.text}"


@dataclass(frozen=True, slots=True)
class Look:
    """What was found, and what is merely told."""

    findings: tuple[Finding, ...]
    notices: tuple[Finding, ...]
    files: int


def look(root: Path, *, allow_legacy: bool) -> Look:
    """Examine the repository at `root`."""
    tracked, kept = kept_files(root)
    marked = _marked_executable(root)
    leftovers = [*_leftovers(root, kept, marked), *((each, False) for each in _archive(root, kept, marked))]
    findings = [finding for finding, is_presence in leftovers if not (is_presence and allow_legacy)]
    notices = [finding for finding, is_presence in leftovers if is_presence and allow_legacy]
    if allow_legacy and (root / ARCHIVE).is_dir():
        notices.append(Finding(f"{ARCHIVE}/", 0, "the directory is there"))
    for name in kept:
        findings += _faults(root, name, is_tracked=name in tracked)
    return Look(tuple(sorted(set(findings))), tuple(sorted(set(notices))), len(kept))


def kept_files(root: Path) -> tuple[frozenset[str], list[str]]:
    """Return what git keeps, and that with what it would keep; without git both are every file there is."""
    if shutil.which("git") is not None and _git(root, "rev-parse", "--is-inside-work-tree") is not None:
        tracked = _git(root, "ls-files", "-z") or ""
        others = _git(root, "ls-files", "-z", "--others", "--exclude-standard") or ""
        kept = [name for name in tracked.split("\0") if name]
        return frozenset(kept), sorted({*kept, *(name for name in others.split("\0") if name)})
    found = sorted(_walk(root, NOT_OURS))
    return frozenset(found), found


def _git(root: Path, *arguments: str) -> str | None:
    done = subprocess.run(["git", "-c", "safe.directory=*", "-C", str(root), *arguments], capture_output=True, check=False)  # noqa: S607 (the git of this path)
    return os.fsdecode(done.stdout) if done.returncode == 0 else None


def _marked_executable(root: Path) -> frozenset[str]:
    """Return what git keeps as executable, whatever mode it has on this disk."""
    listed = _git(root, "ls-files", "-z", "--stage") if shutil.which("git") is not None else None
    rows = (row.partition("\t") for row in (listed or "").split("\0"))
    return frozenset(name for told, _, name in rows if told.startswith("100755"))


def _walk(root: Path, skipped: Iterable[str] = (), below: str = "") -> Iterator[str]:
    for folder, folders, files in os.walk(root / below):
        folders[:] = sorted(name for name in folders if name not in skipped)
        for name in files:
            yield (Path(folder) / name).relative_to(root).as_posix()


def _leftovers(root: Path, kept: Sequence[str], marked: frozenset[str]) -> Iterator[tuple[Finding, bool]]:
    """Yield what is left of the legacy package, each with whether it is no more than there."""
    places = {f"{LEGACY}/"} if (root / LEGACY).is_dir() else set()
    for name in kept:
        parts = PurePosixPath(name).parts
        if LEGACY in parts[:-1]:
            places.add("/".join(parts[: parts.index(LEGACY) + 1]) + "/")
    for place in sorted(places):
        yield Finding(place, 0, f"a directory {LEGACY}/; remove it"), True
        below = {name for name in kept if name.startswith(place)} | set(_walk(root, below=place))
        for name in sorted(below):
            if name in marked or _is_executable(root / name):
                yield Finding(name, 0, f"an executable file under {LEGACY}/; remove it"), False
            else:
                yield Finding(name, 0, f"a file under {LEGACY}/; remove it"), True


def _archive(root: Path, kept: Sequence[str], marked: frozenset[str]) -> Iterator[Finding]:
    below = {name for name in kept if name.startswith(f"{ARCHIVE}/")} | set(_walk(root, below=ARCHIVE))
    for name in sorted(below):
        if name in marked or _is_executable(root / name):
            yield Finding(name, 0, f"an executable file under {ARCHIVE}/; remove it, or its mode bit")


def _is_executable(path: Path) -> bool:
    """Say whether a file, or what a link leads to, can be executed."""
    try:
        names = {path.name, path.resolve().name}
        found = path.stat()
    except (OSError, RuntimeError):  # a link to nowhere, or to itself
        return path.suffix.strip().lower() in EXECUTABLE
    if stat.S_ISDIR(found.st_mode):
        return False
    return any(Path(name).suffix.strip().lower() in EXECUTABLE for name in names) or bool(found.st_mode & 0o111)


def _faults(root: Path, name: str, *, is_tracked: bool) -> Iterator[Finding]:
    path = root / name
    if path.is_symlink():
        target = str(path.readlink())
        if target.startswith("/") or not (path.parent / target).resolve().is_relative_to(root.resolve()):
            yield Finding(name, 0, "a link to a place outside of this repository; keep the file itself")
        return
    if PLACES_OF_SECRETS.search(name):
        yield Finding(name, 0, "a secret: files of this name hold keys; do not keep it, and replace what it holds")
    if not path.is_file():
        return
    size = path.stat().st_size
    if is_tracked and size > LARGEST:
        yield Finding(name, 0, f"{size} bytes, more than {LARGEST}; keep it elsewhere")
    try:
        data = path.read_bytes()
    except OSError as error:
        yield Finding(name, 0, f"cannot be read: {error.strerror}; who can say what it holds?")
        return
    text, is_text = text_of(data)
    suffix = path.suffix.strip().lower()
    yield from machine_paths(name, text, root) if is_text else ()
    for line, what in secrets(suffix, text) if is_text else tokens(text):
        yield Finding(name, line if is_text else 0, f"a secret: {what}; remove it, and replace the key itself")
    if is_text:
        yield from legacy_imports(name, text)
    if suffix in (".yaml", ".yml"):
        yield from duplicate_keys(name, text)


def machine_paths(name: str, text: str, root: Path) -> Iterator[Finding]:
    """Yield each line with a path that exists on one machine only: in a home, on a build machine, or this clone's own."""
    own = f"{root.resolve()}/" if len(root.resolve().parts) > 2 else None
    if own is None or own not in text:
        own = None
        if MACHINE_PATHS.search(text.replace("\\/", "/")) is None:
            return
    for number, line in enumerate(text.replace("\\/", "/").split("\n"), 1):  # JSON may have a backslash before it
        if (found := MACHINE_PATHS.search(line)) is not None:
            shown = line[found.start() : found.end() + 20].split('"')[0]
            yield Finding(name, number, f"a path of one machine: {shown:.40}…; write it relative to the project or to --home")
        elif own is not None and own in line:
            yield Finding(name, number, "the path of this clone; write it relative to the project or to --home")


def legacy_imports(name: str, text: str) -> Iterator[Finding]:
    """Yield each import of the legacy package in Python code: a module, a script without a suffix, or a notebook."""
    suffix = PurePosixPath(name).suffix.strip().lower()
    if suffix == ".ipynb":
        text = cells(text)
    elif suffix not in (".py", ".pyi", ".pyw", ".pyx") and not re.match(r"#!.*\bpython", text):
        return
    yield from (Finding(name, line, what) for line, what in legacy_lines(text))


def duplicate_keys(name: str, text: str) -> Iterator[Finding]:
    """Yield each key that stands twice in one mapping of a YAML file, and where a file is no YAML."""
    try:
        import yaml
    except ImportError:
        yield Finding(name, 0, "cannot be checked for duplicate keys: PyYAML is missing; run it in the project's environment")
        return
    open_mappings: list[dict[str, int] | None] = []
    is_key: list[bool] = []

    def value_ended() -> None:
        if is_key and open_mappings[-1] is not None:
            is_key[-1] = not is_key[-1]

    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
                keys = open_mappings[-1] if open_mappings else None
                if keys is not None and is_key[-1] and isinstance(event, yaml.ScalarEvent):
                    line = event.start_mark.line + 1 if event.start_mark else 1
                    if event.value in keys:
                        yield Finding(name, line, f"duplicate key {event.value:.40}, first in line {keys[event.value]}")
                    keys.setdefault(event.value, line)
                value_ended()
            elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                open_mappings.append({} if isinstance(event, yaml.MappingStartEvent) else None)
                is_key.append(True)
            elif isinstance(event, yaml.CollectionEndEvent):
                open_mappings.pop()
                is_key.pop()
                value_ended()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        yield Finding(name, mark.line + 1 if mark else 1, "not YAML: nobody can say which keys it has; correct or remove it")


def main(arguments: Sequence[str] | None = None) -> int:
    here = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(prog="lint_paths.py", description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("root", nargs="?", type=Path, default=here, help="the repository to examine (default: this one)")
    parser.add_argument("--strict", action="store_true", help=f"refuse {VARIABLE}: the form for gates")
    chosen = parser.parse_args(arguments)
    root = chosen.root.resolve()
    if not root.is_dir():
        print(f"{chosen.root}: no directory; give the root of a repository")
        return 1
    allowed = os.environ.get(VARIABLE, "") not in ("", "0")
    is_refused = allowed and chosen.strict
    if is_refused:
        print(f"{VARIABLE}: set, and --strict refuses it; unset it and remove what it allows")
    elif allowed:
        print(f"notice: {VARIABLE} is set: the mere presence of {LEGACY}/ and {ARCHIVE}/ is told, not refused")
    found = look(root, allow_legacy=allowed and not chosen.strict)
    for notice in found.notices:
        print(f"notice: {notice}")
    for finding in found.findings:
        print(finding)
    if found.findings or is_refused:
        return 1
    print(f"{found.files} files: nothing found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
