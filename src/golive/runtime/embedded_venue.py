"""The embedded endpoint: a simulated venue of our own as a child process on loopback.

The session makes the key pair and hands it over by an inherited descriptor, so that it stands in no argument, file or
environment. A second descriptor is the child's lifeline: when this process ends, however it ends, the child ends too.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from golive.model.clock import to_iso
from golive.model.errors import ConfigError, VenueUnavailable
from golive.model.money import format_decimal
from golive.model.redaction import harmless_environment
from golive.model.secret import Credentials

START_TIMEOUT_S = 20.0
_CANDLES_PER_S = 2000
"""at which a past is made by a slow machine"""
LOOPBACK = ("127.0.0.1", "::1")
"""where the keys of an embedded venue may be used from: this machine"""


@dataclass(frozen=True, slots=True)
class VenueOptions:
    """How to start the child; `speed` is `max` or a number as text, `steps` bounds the market (None: all recorded data)."""

    dialect: str
    speed: str
    seed: int
    steps: int | None
    symbols: Sequence[str]
    timeframe: str
    data: Path | None = None
    volume_unit: str = "base"
    balances: Mapping[str, Decimal] = field(default_factory=dict)
    fees_bps: tuple[Decimal, Decimal] | None = None
    """maker and taker, in basis points; None: what the dialect's venue charges a new customer"""
    start: int | None = None
    """market clock of a generated market, ns; None: by speed"""
    history: int | None = None
    """candles behind it; None: what a session needs"""
    time_scale: int = 1
    """how many times shorter than documented the time rules of orders are"""

    @property
    def start_timeout_s(self) -> float:
        """How long it may take to come up; a long past takes its time to be made."""
        return START_TIMEOUT_S + (self.history or 0) / _CANDLES_PER_S

    def arguments(self) -> list[str]:
        words = ["serve", "--dialect", self.dialect, "--port", "0", "--speed", self.speed, "--seed", str(self.seed)]
        words += ["--timeframe", self.timeframe, "--volume-unit", self.volume_unit]
        if self.steps is not None:
            words += ["--steps", str(self.steps)]
        for symbol in self.symbols:
            words += ["--symbol", symbol]
        if self.fees_bps is not None:
            maker, taker = map(format_decimal, self.fees_bps)
            words += ["--maker-bps", maker, "--taker-bps", taker]
        if self.start is not None:
            words += ["--start", to_iso(self.start)]
        if self.history is not None:
            words += ["--history", str(self.history)]
        if self.time_scale != 1:
            words += ["--time-scale", str(self.time_scale)]
        for asset, amount in sorted(self.balances.items()):
            words += ["--balance", f"{asset}={format_decimal(amount)}"]
        return [*words, "--data", str(self.data)] if self.data is not None else words


class EmbeddedVenue:
    """The running child; `ready` is its ready document."""

    def __init__(self, process: asyncio.subprocess.Process, ready: Mapping[str, object], lifeline: int) -> None:
        self._process = process
        self._lifeline = lifeline
        self.ready = ready

    @classmethod
    async def start(cls, options: VenueOptions, credentials: Credentials, *, demo_key: bool = False) -> EmbeddedVenue:
        """Start the child and wait until it serves; a `demo_key` is one that the sandbox header goes with.

        Raises ConfigError with the child's own words when it refuses its data or flags, VenueUnavailable when it
        does not come up.
        """
        keys = {name: secret.reveal() for name, secret in credentials.fields.items()}
        rights = {"permissions": ["read", "trade"], "demo": demo_key, "ipAllowlist": LOOPBACK}
        document = json.dumps({"keys": [{**keys, **rights}]}).encode()
        secret_read, secret_write = os.pipe()
        life_read, life_write = os.pipe()
        arguments = [
            sys.executable, "-m", "simvenue", *options.arguments(),
            "--credentials-fd", str(secret_read), "--lifeline-fd", str(life_read),
        ]  # fmt: skip
        try:
            process = await asyncio.create_subprocess_exec(
                *arguments, pass_fds=(secret_read, life_read), stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, start_new_session=True,
                env=harmless_environment(os.environ),
            )  # fmt: skip
            os.write(secret_write, document)
        except OSError as exc:
            os.close(life_write)
            raise VenueUnavailable(f"the simulated venue cannot be started: {exc}") from exc
        finally:
            for descriptor in (secret_read, secret_write, life_read):
                os.close(descriptor)
        try:
            return cls(process, await cls._ready(process, options.start_timeout_s), life_write)
        except BaseException:
            os.close(life_write)
            if process.returncode is None:
                process.kill()
                await process.wait()
            raise

    @staticmethod
    async def _ready(process: asyncio.subprocess.Process, timeout_s: float) -> Mapping[str, object]:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            line = await asyncio.wait_for(process.stdout.readline(), timeout_s)
        except TimeoutError:
            raise VenueUnavailable(f"the simulated venue did not come up within {timeout_s:g} s") from None
        if not line:
            words = (await process.stderr.read()).decode(errors="replace").strip()
            code = await process.wait()
            if code == 2:
                raise ConfigError(words or "the simulated venue refused its arguments")
            raise VenueUnavailable(f"the simulated venue ended with {code}: {words[-500:]}")
        ready = json.loads(line)
        if not isinstance(ready, dict) or ready.get("event") != "ready":
            raise VenueUnavailable(f"the simulated venue said {line!r:.200} instead of being ready")
        return ready

    @property
    def rest(self) -> str:
        """Base URL of its REST side."""
        return str(self.ready["rest"])

    @property
    def pid(self) -> int:
        return self._process.pid

    async def close(self) -> None:
        """End the child; it gets two seconds before it is killed."""
        os.close(self._lifeline)
        try:
            await asyncio.wait_for(self._process.wait(), 2.0)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
