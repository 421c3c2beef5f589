"""Runs the simulated venue as a real process for a test."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

KEY = {"apiKey": "key-of-the-test", "secret": "SECRET-OF-THE-TEST", "password": "passphrase"}
READ_KEY = {"apiKey": "read-only-key", "secret": "SECRET-READ", "password": "pass-read", "permissions": ["read"]}
DEMO_KEY = {"apiKey": "demo-key", "secret": "SECRET-DEMO", "password": "pass-demo", "demo": True}
CREDENTIALS = {"keys": [KEY, READ_KEY, DEMO_KEY]}


@dataclass(frozen=True, slots=True)
class VenueProcess:
    """A running venue: its ready document and its process."""

    ready: dict[str, Any]
    process: subprocess.Popen[str]

    @property
    def rest(self) -> str:
        return str(self.ready["rest"])

    @property
    def ws(self) -> str:
        return str(self.ready["ws"])


@contextlib.contextmanager
def venue_process(*flags: str, credentials: dict[str, Any] | None = None) -> Iterator[VenueProcess]:
    """Start `python -m simvenue serve` with these flags and end it afterwards; keys come over a descriptor."""
    reader, writer = os.pipe()
    lifeline, held = os.pipe()
    os.write(writer, json.dumps(credentials or CREDENTIALS).encode())
    os.close(writer)
    command = [sys.executable, "-m", "simvenue", "serve", f"--credentials-fd={reader}", f"--lifeline-fd={lifeline}", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, pass_fds=(reader, lifeline)) as process:
        os.close(reader)
        os.close(lifeline)
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, "the venue did not become ready"
            yield VenueProcess(json.loads(line), process)
        finally:
            os.close(held)
            process.wait(timeout=10)
