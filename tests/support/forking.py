"""Processes forked from one that has imported everything: what a start costs is paid once, not at each start.

A forked process has streams, environment, folder and exit code of its own, and its interpreter ends as any does. It shares
with the others what a start makes: imported modules and the seed of hashes. What that is about is proved on a process of its own.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from support import derived_once

_LARGEST = 1 << 18
_MOST_DESCRIPTORS = 8


class Forked:
    """A process that was forked, as `subprocess.Popen` would have it."""

    def __init__(self, pid: int, ended: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = ended

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code, or the negative number of the signal that ended it; TimeoutExpired after `timeout` seconds."""
        if self.returncode is None:
            if not select.select([self._ended], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            told = os.read(self._ended, 16)
            os.close(self._ended)
            assert told, "the process that forks has ended"
            self.returncode = int(told)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):  # it has just ended; `wait` will tell how
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Forks:
    """Starts processes that call `main(arguments)`, named "module:function", with `imported` and all it imports at hand.

    `ready`, if given, names a function that is called once, before the first fork. It may start no thread.
    """

    def __init__(self, main: str, imported: Sequence[str], ready: str | None = None) -> None:
        self._plan = {"main": main, "imported": [*imported], "ready": ready}
        self._server: tuple[subprocess.Popen[bytes], socket.socket] | None = None
        self._one_at_a_time = threading.Lock()

    def start(self, arguments: Sequence[str], descriptors: Sequence[int], env: Mapping[str, str], cwd: Path) -> Forked:
        """Start one. `descriptors` are its stdin, stdout, stderr, and any more: "{3}" in an argument is the number of the fourth."""
        ended, tells = os.pipe()
        request = json.dumps({"arguments": [*arguments], "env": {**env}, "cwd": str(cwd)}).encode()
        try:
            with self._one_at_a_time:  # threads may start some side by side; each answer is to its own request
                line = self._line()
                socket.send_fds(line, [request], [tells, *descriptors])
                pid = int(line.recv(16) or b"0")
        finally:
            os.close(tells)
        assert pid > 0, "the process that forks has ended"
        return Forked(pid, ended)

    def _line(self) -> socket.socket:
        if self._server is None:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            tests = str(Path(__file__).parents[1])
            paths = os.pathsep.join([tests, *filter(None, [os.environ.get("PYTHONPATH")])])
            with theirs:
                server = subprocess.Popen(
                    [sys.executable, "-m", "support.forking", str(theirs.fileno()), json.dumps(self._plan)],
                    env={**os.environ, "PYTHONPATH": paths}, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()],
                )  # fmt: skip
            self._server = server, ours
            atexit.register(self._close)
        return self._server[1]

    def _close(self) -> None:
        assert self._server is not None
        server, line = self._server
        line.close()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:  # another process has a copy of the line
            server.kill()
            server.wait()


def _called(name: str) -> Callable[..., int | None]:
    module, _, function = name.partition(":")
    called: Callable[..., int | None] = getattr(import_module(module), function)
    return called


def _serve(line: socket.socket, main: str, imported: Sequence[str], ready: str | None) -> None:
    """Fork for each request, tell its process id, and tell each end to the pipe that came with the request."""
    derived_once.go_on()
    for name in imported:
        import_module(name)
    if ready is not None:
        _called(ready)()
    function = _called(main)
    gc.collect()
    gc.freeze()
    woken, wakes = os.pipe()
    for number in (woken, wakes):
        os.set_blocking(number, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    tells: dict[int, int] = {}
    while True:
        able, _, _ = select.select([line.fileno(), woken], [], [])
        if woken in able:
            os.read(woken, 4096)
            _tell_ends(tells)
        if line.fileno() not in able:
            continue
        message, descriptors, _, _ = socket.recv_fds(line, _LARGEST, _MOST_DESCRIPTORS)
        if not message:
            return
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for number in (woken, wakes, line.detach(), descriptors[0], *tells.values()):
                os.close(number)
            sys.exit(function(_taken_over(json.loads(message), descriptors[1:])))
        tells[pid] = descriptors[0]
        for number in descriptors[1:]:
            os.close(number)
        line.send(b"%d" % pid)


def _tell_ends(tells: dict[int, int]) -> None:
    for pid in list(tells):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            number = tells.pop(pid)
            with suppress(BrokenPipeError):  # nobody waits for it any more
                os.write(number, b"%d" % os.waitstatus_to_exitcode(status))
            os.close(number)


def _taken_over(request: Mapping[str, Any], descriptors: Sequence[int]) -> list[str]:
    """Make this process the one that was asked for, and return its arguments."""
    for number, descriptor in enumerate(descriptors[:3]):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    numbers = {f"{{{place}}}": str(descriptor) for place, descriptor in enumerate(descriptors)}
    return [numbers.get(argument, argument) for argument in request["arguments"]]


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])), **json.loads(sys.argv[2]))
