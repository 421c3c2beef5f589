"""What named people ask of a running session: one small file per message under `var/state/risk/inbox/<entrypoint>/`.

The command has proved who asks and recorded it before the message is put; the session that runs takes it, does it and only then
removes the file, so a message is delivered at least once: every act must be one that may be repeated.
"""

from __future__ import annotations

import json
import secrets
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

from golive.inputs import parse_json, read_beside
from golive.model.errors import JournalError
from golive.model.event import OperatorAction

from .files import PRIVATE_DIRECTORY, SECRET_FILE, make_directory, write_atomic
from .owned_path import check_directory, check_file

DIRECTORY: Final = Path("var/state/risk/inbox")
SCHEMA: Final = "golive.operator_message.v1"
POLL_S: Final = 0.01


class OperatorMessage(NamedTuple):
    """What `operator` asks for and why (`cause`); `at` wall clock, ns UTC."""

    action: OperatorAction
    operator: str
    cause: str
    at: int


class Waiting(NamedTuple):
    """A message and the file that holds it."""

    path: Path
    message: OperatorMessage


def put_message(home: Path, entrypoint: str, message: OperatorMessage) -> Path:
    """Leave a message for the session of `entrypoint`; durable on return, which is the file. Raises JournalError."""
    directory = home / DIRECTORY / entrypoint
    make_directory(directory, PRIVATE_DIRECTORY)
    path = directory / f"{message.at:020d}-{secrets.token_hex(4)}.json"
    body = {
        "schema": SCHEMA, "action": str(message.action), "operator": message.operator, "cause": message.cause,
        "at": str(message.at),
    }  # fmt: skip
    write_atomic(path, json.dumps(body).encode() + b"\n", mode=SECRET_FILE, durable_name=True)
    return path


def wait_until_taken(path: Path, timeout_s: float) -> bool:
    """Wait until the session has done what the message in `path` asks; False when it has not after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while path.exists():
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_S)
    return True


def withdraw_message(path: Path) -> bool:
    """Take a message back that nobody took; False when it is gone already."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


class OperatorInbox:
    """The messages of one entrypoint, for the session that holds its lease."""

    def __init__(self, home: Path, entrypoint: str) -> None:
        self._directory = home / DIRECTORY / entrypoint

    def discard_before(self, at: int) -> None:
        """Remove messages from before the session began (`at`, wall clock, ns UTC): they were meant for another one."""
        for path in self._files():
            if path.name < f"{at:020d}":
                path.unlink(missing_ok=True)

    def waiting(self) -> tuple[Waiting, ...]:
        """Return the messages that wait, oldest first; cheap when there are none.

        Raises JournalError naming a file that cannot be read or is not private: nobody knows what it asks for.
        """
        return tuple(Waiting(path, _read(path)) for path in self._files())

    def done(self, waiting: Waiting) -> None:
        """Remove a message whose act is done."""
        waiting.path.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        try:
            files = sorted(path for path in self._directory.iterdir() if path.suffix == ".json" and path.name[0] != ".")
        except FileNotFoundError:
            return []
        except OSError as exc:
            raise JournalError(f"{self._directory}: cannot be read: {exc.strerror}") from exc
        if files:
            check_directory(self._directory)
        return files


def _read(path: Path) -> OperatorMessage:
    check_file(path)
    try:
        body: Any = parse_json(read_beside(path))
        if body["schema"] != SCHEMA:
            raise ValueError(f"schema is not {SCHEMA}")
        texts = [body[name] for name in ("action", "operator", "cause", "at")]
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("a field is no text")
        action, operator, cause, at = texts
        return OperatorMessage(OperatorAction(action), operator, cause, int(at))
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise JournalError(f"{path}: not an operator's message ({exc}); look into it, then remove it") from exc
