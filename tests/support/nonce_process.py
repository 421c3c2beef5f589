"""A process that draws nonces from threads, or holds a key's turn; its lines tell what it got and when.

`draw FOLDER KEY COUNT THREADS` prints nonces; `hold FOLDER KEY COUNT` prints `begun ended nonce` of each turn held;
`stay FOLDER KEY` takes the turn, says so and keeps it until it is killed.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from golive.venues.nonce import NonceTurn

TESTS = Path(__file__).resolve().parent.parent


def turn_at(folder: Path | None, key: str) -> NonceTurn:
    return NonceTurn(lambda: time.time_ns() // 1_000_000, folder=folder, adapter="test_spot", key=key)


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "support.nonce_process", *map(str, arguments)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(TESTS), os.environ.get("PYTHONPATH", "")))},
    )


def output(process: subprocess.Popen[str]) -> list[list[int]]:
    """Wait for its end and return its lines as numbers."""
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return [[int(word) for word in line.split()] for line in text.splitlines()]


def _draw(folder: Path, key: str, count: int, threads: int) -> None:
    turn = turn_at(folder, key)
    rows: list[list[int]] = [[] for _ in range(threads)]
    workers = [threading.Thread(target=lambda row: row.extend(turn.next() for _ in range(count)), args=(row,)) for row in rows]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for row in rows:
        print(*row)


async def _hold(folder: Path, key: str, count: int) -> None:
    turn = turn_at(folder, key)

    async def once() -> None:
        async with turn.held():
            begun, nonce = time.monotonic_ns(), turn.next()
            await asyncio.sleep(0.002)
            print(begun, time.monotonic_ns(), nonce, flush=True)

    await asyncio.gather(*(once() for _ in range(count)))


async def _stay(folder: Path, key: str) -> None:
    async with turn_at(folder, key).held():
        print("held", flush=True)
        await asyncio.sleep(60)


if __name__ == "__main__":
    task, place, key, *rest = sys.argv[1:]
    if task == "draw":
        _draw(Path(place), key, int(rest[0]), int(rest[1]))
    elif task == "hold":
        asyncio.run(_hold(Path(place), key, int(rest[0])))
    else:
        asyncio.run(_stay(Path(place), key))
