"""The only place that opens the two configuration files."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from golive.config.configuration import Configuration, core_path, parse_configuration
from golive.config.problem import SourceFile
from golive.config.strict_yaml import MAX_BYTES
from golive.inputs import safe_open
from golive.model.errors import ConfigError, JournalError

from .files import write_atomic


def load_configuration(runtime_path: Path, environ: Mapping[str, str]) -> Configuration:
    """Read `runtime.yaml` and the `core.yaml` it names, and check both.

    Raises ConfigError when a file cannot be read, ConfigErrors with every problem of what was read.
    """
    runtime, core = read_configuration_files(runtime_path, environ)
    return parse_configuration(runtime, core, environ)


def read_configuration_files(runtime_path: Path, environ: Mapping[str, str]) -> tuple[SourceFile, SourceFile]:
    """Return both files as read; the second is looked up relative to the first. Raises ConfigError naming the file."""
    folder = runtime_path.parent
    runtime = _read(folder, runtime_path.name, "give the file with --config or the project's directory with --home")
    return runtime, _read(folder, core_path(runtime, environ), f"check core.path in {runtime.path}")


def files_sha256(runtime_path: Path, core: str) -> tuple[str, str]:
    """Return the digests of `runtime.yaml` and of the file `core` relative to it, as they are now. Raises ConfigError."""
    folder = runtime_path.parent
    runtime, other = (_read(folder, name, "put the file back") for name in (runtime_path.name, core))
    return hashlib.sha256(runtime.data).hexdigest(), hashlib.sha256(other.data).hexdigest()


def _read(folder: Path, rel: str, fix: str) -> SourceFile:
    """Return a file at or below the folder of the first one; no component of its name is a link."""
    name = _shown(folder / rel)
    try:
        with safe_open(folder, rel) as file:
            return SourceFile(name, file.read(MAX_BYTES + 1))
    except FileNotFoundError as error:
        raise ConfigError(f"{name}: there is no such file\n    fix: {fix}") from error
    except OSError as error:
        raise ConfigError(f"{name}: cannot be read: {error.strerror}\n    fix: {fix}") from error


def _shown(path: Path) -> str:
    """Return the path as messages name it: relative to the working directory where that is shorter."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 (no symlink is followed: the operator's own name is shown)
    try:
        return absolute.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return absolute.as_posix()


@contextmanager
def only_editor(runtime_path: Path) -> Iterator[None]:
    """Keep every other command of ours from editing the configuration files; waits for one that does. Raises JournalError."""
    folder = runtime_path.parent
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as exc:
        raise JournalError(f"{folder}: cannot be locked: {exc.strerror}") from exc
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def replace_core(runtime_path: Path, read: SourceFile, data: bytes) -> None:
    """Replace the `core.yaml` that `runtime_path` names, which was `read`; its mode stays.

    Raises ConfigError when it was changed since, JournalError when it cannot be written; the old file stands then.
    """
    rel = core_path(_read(runtime_path.parent, runtime_path.name, "give the file with --config"), {})
    path = runtime_path.parent / rel
    if _read(runtime_path.parent, rel, f"check core.path in {runtime_path}").data != read.data:
        raise ConfigError(f"{read.path}: was changed by somebody else meanwhile; do it again")
    write_atomic(path, data, mode=path.stat().st_mode & 0o777, durable_name=True)
