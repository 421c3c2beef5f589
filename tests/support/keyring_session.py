"""Commands of `golive secrets` on a session bus with a real keyring, in a process that `dbus-run-session` starts.

Each line of stdout is a list: step, exit code, stdout and stderr of the command.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable

import secretstorage

from golive.cli import main as command_line

PASSPHRASE = b"the passphrase of the login keyring"
NAME = "okx_paper_trading"
KEY = "key-id-0001-abcd\nSECRET-OF-THE-KEY\nPHRASE-OF-THE-KEY\n"


def daemon(*words: str) -> subprocess.Popen[bytes]:
    """Start the keyring of the session and return when it is there."""
    started = subprocess.Popen(
        ["gnome-keyring-daemon", "--foreground", "--components=secrets", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert started.stdin is not None
    assert started.stdout is not None
    started.stdin.write(PASSPHRASE)
    started.stdin.close()
    started.stdout.readline()
    return started


def lock() -> None:
    """Lock what the daemon has open, as a screen lock or a logout does."""
    with contextlib.closing(secretstorage.dbus_init()) as bus:
        secretstorage.get_default_collection(bus).lock()


def told(step: str, home: str, *words: str, typed: str = "") -> None:
    """Run one command and print what came of it."""
    sys.stdin = io.StringIO(typed)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = command_line.main(["secrets", *words, "--home", home])
    print(json.dumps([step, code, out.getvalue(), err.getvalue()]), flush=True)


def main(home: str) -> None:
    """Set, list and remove; then with the keyring locked, and with nobody to answer for it."""
    keyring = daemon("--unlock")
    told("empty", home, "list")
    told("set", home, "set", NAME, typed=KEY)
    told("text", home, "set", "alert_oem_live", typed="json://127.0.0.1/hook/SECRET\n")
    told("list", home, "list", "--json")
    told("passphrase", home, "passphrase", typed="a new one that is long\n")
    told("again", home, "set", NAME, typed=KEY.replace("0001-abcd", "0002-efgh"))
    told("removed", home, "remove", "alert_oem_live")
    told("left", home, "list")
    steps: list[tuple[str, Callable[[], None]]] = [("locked", lock), ("gone", lambda: end(keyring))]
    for step, act in steps:
        act()
        told(step, home, "list")
        told(f"{step}, set", home, "set", NAME, typed=KEY)


def end(keyring: subprocess.Popen[bytes]) -> None:
    keyring.send_signal(signal.SIGKILL)
    keyring.wait(10)


if __name__ == "__main__":
    os.umask(0o077)
    main(sys.argv[1])
