"""A trading process under supervision: started, heard, killed, ended with its stdin."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Callable

from golive.model.errors import GoliveError
from golive.model.redaction import harmless_environment
from golive.readiness.resilience.said import Said, What

END_S = 5.0


class TradingProcess:
    """Made by `start`."""

    def __init__(self, process: asyncio.subprocess.Process, hear: Callable[[Said], None]) -> None:
        self._process = process
        self._listening = asyncio.create_task(self._listen(hear), name="hearing the trading process")

    @classmethod
    async def start(cls, order: bytes, hear: Callable[[Said], None]) -> TradingProcess:
        """Start it with the line of `trading_process.order_of`."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "golive.runtime.drill.trading_process", stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, start_new_session=True,
            env=harmless_environment(os.environ),
        )  # fmt: skip
        made = cls(process, hear)
        assert process.stdin is not None
        process.stdin.write(order)
        try:
            with contextlib.suppress(ConnectionError):
                await process.stdin.drain()
        except BaseException:
            await made.close()
            raise
        return made

    async def _listen(self, hear: Callable[[Said], None]) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            at, what, adapter, order, detail = json.loads(line)
            hear(Said(int(at), What(what), adapter, order, detail))

    def kill(self) -> None:
        """SIGKILL: no word, no seal, no close."""
        self._process.kill()

    async def gone(self) -> None:
        """Return once the process has ended, however."""
        await self._process.wait()

    async def require_running(self) -> None:
        """Raise GoliveError with its last words when it has ended by itself."""
        if self._process.returncode is not None:
            assert self._process.stderr is not None
            words = (await self._process.stderr.read()).decode(errors="replace").strip()
            raise GoliveError(f"the trading process of the drill ended with {self._process.returncode}: {words[-800:]}")

    async def close(self) -> None:
        """End it in order; it is killed when it takes longer than `END_S`."""
        try:
            if self._process.stdin is not None:
                self._process.stdin.close()
            async with asyncio.timeout(END_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
        finally:
            if self._process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    self._process.kill()
            await asyncio.shield(self._process.wait())
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
