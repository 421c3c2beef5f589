"""Named points before and after each durable step, at which a proof can kill this process (`tests/crash/`).

Nothing is armed unless the environment variable GOLIVE_FAILPOINT=name[:count] was set when the process began, or `arm` was
called; then the process ends by SIGKILL when it reaches the point for the `count`-th time.
"""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import Final

from golive.model.errors import ConfigError
from golive.model.verdict import Stage

VARIABLE: Final = "GOLIVE_FAILPOINT"
_CALL: Final = re.compile(r"^\s*(?:failpoint\.)?reach\(\"([a-z0-9_.]+)\"\)", re.MULTILINE)
_PACKAGE: Final = Path(__file__).parent.parent

_armed: str | None = None
_left = 0


def reach(name: str) -> None:
    """End the process at once when it is armed for `name` and this is the time it was told; else do nothing."""
    if _armed is not None:
        _count(name)


def arm(name: str, count: int = 1) -> None:
    """Kill this process when it reaches `name` for the `count`-th time from now; raise ConfigError for no such point."""
    global _armed, _left
    if name not in names():
        raise ConfigError(f"{VARIABLE}: there is no failpoint {name!r}; `golive.storage.failpoint.names()` lists them")
    if count < 1:
        raise ConfigError(f"{VARIABLE}: a failpoint is reached for the first time or later, not for time {count}")
    _armed, _left = name, count


def refuse_in(stage: Stage) -> None:
    """Raise ConfigError when a failpoint is armed and real money is at stake."""
    if _armed is not None and stage is Stage.LIVE:
        raise ConfigError(
            f"failpoint {_armed!r} is armed ({VARIABLE}): it kills the process and has no place in stage live; unset it"
        )


def names() -> tuple[str, ...]:
    """Return every failpoint there is, in the order of the sources; found by reading them."""
    found: dict[str, None] = {}
    for path in sorted(_PACKAGE.rglob("*.py")):
        found.update(dict.fromkeys(_CALL.findall(path.read_text(encoding="utf-8"))))
    return tuple(found)


def _count(name: str) -> None:
    global _left  # noqa: PLW0603 - as above
    if name == _armed:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def _arm_from_environment() -> None:
    value = os.environ.get(VARIABLE)
    if not value:
        return
    name, separator, count = value.partition(":")
    if separator and not (count.isascii() and count.isdigit()):
        raise ConfigError(f"{VARIABLE}={value}: not of the form name or name:count")
    arm(name, int(count) if separator else 1)


_arm_from_environment()
