"""A simulated venue as a real process: started, awaited, controlled over its own `/sim/v1` routes, ended with its pipe."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import selectors
import string
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from golive.model.secret import Credentials, Secret
from support.forking import Forked, Forks

START_TIMEOUT_S = 20.0
_VENUES = Forks(
    "simvenue.cli:main", ("simvenue.server.serve", "simvenue.okx.face", "simvenue.kraken.face", "simvenue.bybit.face")
)


@dataclass(frozen=True)
class VenueKey:
    """One API key the venue knows."""

    api_key: str
    secret: str
    password: str = ""
    permissions: tuple[str, ...] = ("read", "trade")
    demo: bool = False
    ip_allowlist: tuple[str, ...] = ()
    expires_at: str | None = None

    @property
    def credentials(self) -> Credentials:
        fields = {"apiKey": Secret(self.api_key), "secret": Secret(self.secret)}
        return Credentials(fields | ({"password": Secret(self.password)} if self.password else {}))

    @property
    def document(self) -> dict[str, Any]:
        """The key as the venue's credentials document has it."""
        return {
            "apiKey": self.api_key,
            "secret": self.secret,
            "password": self.password,
            "permissions": list(self.permissions),
            "demo": self.demo,
            "ipAllowlist": list(self.ip_allowlist),
            "expiresAt": self.expires_at,
        }


def new_key(
    *,
    dialect: str = "okx",
    demo: bool = False,
    permissions: tuple[str, ...] = ("read", "trade"),
    ip_allowlist: tuple[str, ...] = (),
) -> VenueKey:
    """Return a fresh random key of the form the venue hands out."""
    if dialect == "kraken":
        name, secret, password = _text(56), base64.b64encode(secrets.token_bytes(64)).decode(), ""
    elif dialect == "bybit":
        name, secret, password = _text(18), _text(36), ""
    else:
        name, secret, password = secrets.token_hex(16), secrets.token_hex(16).upper(), secrets.token_urlsafe(9)
    return VenueKey(name, secret, password, permissions, demo, ip_allowlist)


def _text(length: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))


@dataclass
class VenueProcess:
    """A running venue; `rest` and `ws` are its base URLs."""

    process: Forked
    ready: dict[str, Any]
    key: VenueKey
    keys: list[VenueKey] = field(default_factory=list)

    @property
    def rest(self) -> str:
        return str(self.ready["rest"])

    @property
    def ws(self) -> str:
        return str(self.ready["ws"])

    def control(self, path: str, *, method: str = "GET", body: object = None) -> Any:
        """Call `/sim/v1/<path>` and return its JSON; blocking, so use it between awaits only."""
        data = None if body is None else json.dumps(body).encode()
        headers = {} if data is None else {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.rest}/sim/v1/{path}", data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as response:
            text = response.read()
        return json.loads(text) if text.strip() else None

    def info(self) -> Any:
        return self.control("info")

    def orders(self) -> list[dict[str, Any]]:
        """Every order the venue ever accepted: the truth."""
        return _rows(self.control("orders"), "orders")

    def balances(self) -> dict[str, dict[str, dict[str, str]]]:
        """account → asset → total, locked, available."""
        return dict(self.control("balances")["balances"])

    def requests(self, limit: int = 200) -> list[dict[str, Any]]:
        """The last requests as received, oldest first."""
        return _rows(self.control(f"requests?limit={limit}"), "requests")

    def add_fault(self, kind: str, **options: object) -> None:
        self.control("faults", method="POST", body={"kind": kind, **options})

    def clear_faults(self) -> None:
        self.control("faults", method="DELETE")

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self.process.kill()
        self.process.wait(10)


def _rows(answer: Any, name: str) -> list[dict[str, Any]]:
    return list(answer[name] if isinstance(answer, dict) else answer)


@contextlib.contextmanager
def venue_process(
    *arguments: str, keys: Sequence[VenueKey] | None = None, dialect: str = "okx", speed: str = "max"
) -> Iterator[VenueProcess]:
    """Run `python -m simvenue serve` on a free port until the block ends."""
    known = list(keys) if keys is not None else [new_key(dialect=dialect)]
    with contextlib.ExitStack() as stack:
        lifeline_read, lifeline_write = os.pipe()
        stack.callback(os.close, lifeline_write)
        secrets_read, secrets_write = os.pipe()
        os.write(secrets_write, _credentials(known))
        os.close(secrets_write)
        stdout_read, stdout_write = os.pipe()
        stdout = stack.enter_context(os.fdopen(stdout_read, "rb"))
        given = [os.open(os.devnull, os.O_RDONLY), stdout_write, os.dup(2), secrets_read, lifeline_read]
        command = ["serve", "--dialect", dialect, "--port", "0", "--speed", speed]
        command += ["--credentials-fd", "{3}", "--lifeline-fd", "{4}", *arguments]
        process = _VENUES.start(command, given, os.environ, Path.cwd())
        stack.callback(_end, process)
        for number in given:
            os.close(number)
        yield VenueProcess(process, _ready(process, stdout), known[0], known)


def _credentials(keys: Sequence[VenueKey]) -> bytes:
    return json.dumps({"keys": [key.document for key in keys]}).encode()


def _ready(process: Forked, stdout: IO[bytes]) -> dict[str, Any]:
    deadline = time.monotonic() + START_TIMEOUT_S
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        while time.monotonic() < deadline and selector.select(deadline - time.monotonic()):
            line = stdout.readline()
            if not line:
                raise RuntimeError(f"simvenue ended with {process.wait(10)} before it was ready")
            document = json.loads(line)
            if document.get("event") == "ready":
                return dict(document)
    raise RuntimeError(f"simvenue was not ready within {START_TIMEOUT_S:g} s")


def _end(process: Forked) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)
