"""Watching an open gate while somebody trades behind it: everything again each minute, its journal each second.

Nothing of it runs on the event loop. A thread that hangs is left behind: its result is not waited for, and the gate is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Final, TypeVar

from golive.model.clock import to_iso
from golive.model.errors import JournalError, PrerequisiteMissing
from golive.model.json import JsonObject
from golive.readiness.gate_state import KEPT, Opened, Shut, put_back
from golive.storage.gate_journal import GateJournal, Trace
from golive.storage.keys import SigningKeys

from ..host_signer import host_signer
from ..readiness.scene import Scene
from .closing import BY_ITSELF, close_gate
from .gate_pass import GatePass
from .look import Looks, Seen, look
from .report import expiry
from .standing import changes, doubts, gate_state

PERIOD_S: Final = 60.0
DEADLINE_S: Final = 30.0
"""a look that takes longer closes the gate: nobody knows what it would have found"""
GLANCE_S: Final = 1.0
_RECORD_S: Final = 1.0
"""how long trading goes on at most while the record of a closing is written"""
POLICY: Final = "policy"
"""who closed it, where the degradation of the live router did"""
T = TypeVar("T")


class GateWatch:
    """Keeps the gate of one pass, or closes it and calls `closed(why)`, once, on the event loop."""

    def __init__(
        self,
        scene: Scene,
        gate_pass: GatePass,
        closed: Callable[[str], None],
        *,
        looks: Looks | None = None,
        period_s: float = PERIOD_S,
        deadline_s: float = DEADLINE_S,
        glance_s: float = GLANCE_S,
    ) -> None:
        if gate_pass.entrypoint != scene.live.name:
            raise ValueError(f"the pass is one of {gate_pass.entrypoint}, not of {scene.live.name}")
        self._scene = scene
        self._opened = gate_pass.opened
        self._bound = gate_pass.bound
        self._closed = closed
        self._looks = looks or Looks()
        self._period_s = period_s
        self._deadline_s = deadline_s
        self._glance_s = glance_s
        self._journal = GateJournal(scene.home, scene.live.name)
        self._why: str | None = None
        self._recording: asyncio.Future[None] | None = None
        self._ended = asyncio.Event()

    @property
    def why(self) -> str | None:
        """Why the gate was closed; None while it is open."""
        return self._why

    @property
    def expires_at(self) -> int:
        """Until when the gate stands if nobody looks any more, ns UTC."""
        return self._opened.expires_at

    async def run(self) -> None:
        """Watch until the gate is closed, here or by somebody else; `closed` was called then. Cancelled, it leaves it open.

        Raises JournalError, after `closed`, when the closing could not be recorded.
        """
        watching = [asyncio.create_task(each) for each in (self._looking(), self._glancing(), self._until_ended())]
        try:
            done, _ = await asyncio.wait(watching, return_when=asyncio.FIRST_COMPLETED)
            why = next(iter(done)).result()
        finally:
            for each in watching:
                each.cancel()
        await self._end(why, BY_ITSELF)

    async def close(self, why: str, *, by: str = POLICY) -> None:
        """Close the gate because of `why`, whether `run` runs or not; harmless when it is closed. Raises as `run`."""
        await self._end(why, by)

    async def recorded(self) -> None:
        """Wait until a closing that was begun is on record, also where `run` was cancelled meanwhile. Raises as `run`."""
        record = self._recording
        if record is None:
            return
        await asyncio.wait([record], timeout=self._deadline_s)
        if not record.done():
            self._recording = None
            record.cancel()
            raise JournalError(f"the gate of {self._scene.live.name} was closed ({self._why}), and its record is not written yet")
        record.result()

    async def _end(self, why: str, by: str) -> None:
        if self._why is not None:
            return
        self._why = why
        self._recording = record = asyncio.ensure_future(_off_the_loop(lambda: self._record(why, by)))
        await asyncio.wait([record], timeout=_RECORD_S)
        self._ended.set()
        try:
            self._closed(why)
        finally:
            await self.recorded()

    def _record(self, why: str, by: str) -> None:
        close_gate(self._scene.home, self._scene.live.name, why, self._scene.clock, by=by)

    async def _until_ended(self) -> str:
        await self._ended.wait()
        return self._why or ""

    async def _glancing(self) -> str:
        trace: Trace | None = None  # it may have been closed since the pass was made
        latest = self._opened.looked_at
        while True:
            await asyncio.sleep(self._glance_s)
            now, found = self._scene.clock.now(), self._journal.trace()
            if (why := put_back(latest, now)) is not None:
                return why
            latest = max(latest, now)
            if found == trace and now < self._opened.expires_at:
                continue
            why = await self._in_time(self._glance)
            if why is not None:
                return why
            trace = found

    def _glance(self) -> str | None:
        state = gate_state(self._scene.home, self._scene.live.name, self._scene.clock.now())
        if isinstance(state, Shut):
            return f"{state.because} (by {state.by})" if state.by else state.because
        if changed := changes(state, self._bound):
            return f"the gate was opened anew for something else: {'; '.join(changed)}"
        self._opened = state
        return None

    async def _looking(self) -> str:
        while True:
            await asyncio.sleep(self._period_s)
            why = await self._in_time(self._look)
            if why is not None:
                return why

    async def _in_time(self, call: Callable[[], str | None]) -> str | None:
        try:
            return await asyncio.wait_for(_off_the_loop(call), self._deadline_s)
        except TimeoutError:
            return f"a look at the gate took longer than {self._deadline_s:g} seconds"
        except Exception as exc:  # noqa: BLE001 (what cannot look any more does not keep a gate open)
            told = str(exc).replace(f"{self._scene.home}/", "")
            return f"a look at the gate failed: {type(exc).__name__}: {told}"

    def _look(self) -> str | None:
        """Return why the gate is to be closed, None when it was kept."""
        opened = self._opened
        try:
            seen = look(self._scene, self._looks)
            if (why := put_back(opened.looked_at, seen.began_at)) is not None:
                return why  # a look that is dated before the last one keeps nothing open
            if changed := changes(opened, seen.bound):
                return f"what the gate is bound to was changed: {'; '.join(changed)}"
            keys = SigningKeys.load(self._scene.home)
            found = ("the keys that signed it are gone",) if keys is None else doubts(self._scene, opened, keys)
        except PrerequisiteMissing as exc:
            return str(exc)
        if found:
            return f"the gate is not believed: {'; '.join(found)}"
        if self._why is None:
            self._keep(opened, seen)
        return None

    def _keep(self, opened: Opened, seen: Seen) -> None:
        body: JsonObject = {
            "entrypoint": self._scene.live.name, "opened_seq": opened.seq, "checked_at": to_iso(seen.began_at),
            "expires_at": to_iso(expiry(self._scene, seen.began_at)), "checks": len(seen.findings),
        }  # fmt: skip
        self._journal.append(host_signer(self._scene.home, self._scene.clock, BY_ITSELF), KEPT, body, BY_ITSELF)


async def _off_the_loop(call: Callable[[], T]) -> T:
    """Run `call` in a thread of its own, which is not waited for when the loop ends: it may hang."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def answer(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, error = None, None
        try:
            result = call()
        except BaseException as exc:  # noqa: BLE001 (told where it is waited for)
            error = exc
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(answer, result, error)

    threading.Thread(target=run, name="gate", daemon=True).start()
    return await future
