"""Runs a venue: listen, say ready, step the market, end cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO
from weakref import WeakSet

import orjson
from aiohttp import web

from ..options import ServeOptions
from .build import Venue, build
from .clock import VenueClock
from .control import Control
from .driver import Driver
from .fault import Fault, FaultBook, parse_fault
from .front import Front
from .gateway import Gateway, spoken
from .guard import Handler, guarded
from .listener import Listener
from .lockstep import Lockstep
from .quiet import server_logger
from .record import RequestLog
from .replay import resume
from .state import StateFile


def run(options: ServeOptions, out: TextIO) -> int:
    """Serve until told to stop; return the exit code. UsageError before anything listens."""
    clock = VenueClock()
    state = None if options.state is None else StateFile(options.state)
    began = clock.now() if state is None or state.began is None else state.began
    venue = build(options, clock, began)
    faults = [spoken(parse_fault(spec), venue.face) for spec in options.faults]
    driver = Driver(venue.source, venue.exchange, venue.face, speed=options.speed, clock=clock, began=began)
    if state is not None:
        resume(state, options, venue, driver, clock, began)
        driver.catch_up()
    with _runner() as runner:
        runner.run(_Service(options, venue, driver, clock, out).serve(faults))
    return 0


def _runner() -> asyncio.Runner:
    try:
        import uvloop
    except ImportError:
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


class _Service:
    """One run of the server."""

    def __init__(self, options: ServeOptions, venue: Venue, driver: Driver, clock: VenueClock, out: TextIO) -> None:
        self._options = options
        self._venue = venue
        self._driver = driver
        self._out = out
        self._clock = clock
        self._faults = FaultBook(seed=options.seed)
        self._log = RequestLog(venue.face.hidden_headers)
        self._front = Front(venue.face, self._faults, clock, idle_s=options.ws_idle_s)
        self._gateway = Gateway(venue.face, venue.exchange, self._front, self._faults, clock, self._log)
        self._control_transports: WeakSet[asyncio.Transport] = WeakSet()
        self._facts: Mapping[str, object] = {}
        self._stop = asyncio.Event()

    async def serve(self, faults: Sequence[Fault]) -> None:
        """Listen, say ready, go on until the end; `faults` are in force from the first request on."""
        runner = web.AppRunner(
            self._application(), access_log=None, logger=server_logger(), handle_signals=False, shutdown_timeout=0.5
        )
        await runner.setup()
        options, dialect, control = self._options, self._gateway.transports, self._control_transports
        listener = Listener(options.host, options.port, self._faults, self._clock, dialect, control)
        self._faults.on_process = listener.strike
        self._gateway.serves = listener.serves
        try:
            await listener.open(runner)
            self._listen_for_the_end()
            self._announce(listener.port)
            self._faults.add(faults)
            await self._until_stopped(listener)
        finally:
            listener.cancel()
            self._front.close_all()
            await runner.cleanup()

    async def _until_stopped(self, listener: Listener) -> None:
        """Wait for the end; a task that fails ends the process with its error."""
        tasks = [asyncio.create_task(self._front.beat())]
        if self._driver.speed is not None:
            tasks.append(asyncio.create_task(self._driver.run()))
        stopped = asyncio.create_task(self._told_to_stop())
        waiting: set[asyncio.Future[None]] = {stopped, listener.failure, *tasks}
        try:
            while stopped not in (done := (await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED))[0]):
                for task in done:
                    task.result()
                waiting -= done
        finally:
            for task in (*tasks, stopped):
                task.cancel()

    async def _told_to_stop(self) -> None:
        await self._stop.wait()

    def _application(self) -> web.Application:
        application = web.Application()
        router = application.router
        facts = lambda: self._facts  # noqa: E731 - known once the venue listens
        throughput = self._gateway.throughput
        control = Control(facts, self._venue, self._driver, self._log, throughput, self._faults, self._clock)
        lockstep = Lockstep(self._driver, self._venue.market)
        routes: list[tuple[str, str, Handler]] = [
            ("GET", "info", control.info),
            ("GET", "orders", control.orders),
            ("GET", "balances", control.balances),
            ("GET", "requests", control.requests),
            ("GET", "faults", control.list_faults),
            ("POST", "faults", control.add_faults),
            ("DELETE", "faults", control.clear_faults),
            ("POST", "mode", control.set_mode),
            ("GET", "lockstep", lockstep.handle),
        ]
        for method, name, handler in routes:
            router.add_route(method, f"/sim/v1/{name}", guarded(handler, self._control_transports))
        for route in self._venue.face.websocket_routes:
            router.add_get(route, self._gateway.websocket)
        router.add_route("*", "/{tail:.*}", self._gateway.rest)
        return application

    def _listen_for_the_end(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        lifeline = self._options.lifeline_fd
        if lifeline is not None:
            os.set_blocking(lifeline, False)
            loop.add_reader(lifeline, self._lifeline_moved, lifeline)

    def _lifeline_moved(self, descriptor: int) -> None:
        with contextlib.suppress(BlockingIOError):
            if not os.read(descriptor, 4096):
                asyncio.get_running_loop().remove_reader(descriptor)
                self._stop.set()

    def _announce(self, port: int) -> None:
        """Say ready on stdout and wherever else it was asked for."""
        host = self._options.host
        name = f"[{host}]" if ":" in host else host
        self._facts = {
            "schema": "simvenue.ready.v1",
            "event": "ready",
            "pid": os.getpid(),
            "dialect": self._options.dialect,
            "host": host,
            "port": port,
            "rest": f"http://{name}:{port}",
            "ws": f"ws://{name}:{port}{self._venue.face.ws_root}",
            "instruments": list(self._venue.exchange.markets),
            "market": self._venue.market,
        }
        line = orjson.dumps(self._facts) + b"\n"
        shown = dict(self._facts)
        if self._options.is_fresh_key:
            key = self._options.ring.keys[0]
            shown["credentials"] = {"apiKey": key.api_key, "secret": key.secret, "password": key.password}
        if self._options.ready_file is not None:
            _write_whole(self._options.ready_file, line)
        if self._options.ready_fd is not None:
            os.write(self._options.ready_fd, line)
            os.close(self._options.ready_fd)
        self._out.write(orjson.dumps(shown).decode() + "\n")
        self._out.flush()


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file that nobody ever sees half-written."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(content)
    beside.replace(path)


def main_loop(options: ServeOptions) -> int:
    """Serve with the process's own standard output."""
    return run(options, sys.stdout)
