"""The bot, killed at each failpoint of the files beside its journal: how files are replaced whole, and how logs are appended to.

    python -m crash.file_bot --rest http://127.0.0.1:8000 --credentials FILE --folder HOME --seed 1 [--only journal.cut]

Before a point of cutting the logs get a torn last line. Two lives follow each other for each point and count: one that is killed
there, and one that goes on. Prints one line of JSON: their exit codes, and the files that were found half.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

from crash.bot import place_orders
from crash.kills import run_forked
from crash.lives import RESOLVE_S, patiently, prepare_to_fork, resolve
from crash.place import Place, listed_at, plan_of, prices_at
from golive.model.secret import Credentials, Secret
from golive.storage import failpoint

VENUE = "okx"
GROUPS = ("file.", "journal.")
CREATING = ("journal.create", "file.directory")
"""points that only a new home meets, which has no orders yet"""
CUTTING = "journal.cut"
COUNTS = (1, 3)
"""at which time of a life, where a point is met more than once"""
ORDERS = 6
LOGS = ("logs/risk_decisions.jsonl", "audit/decision_logs/live_execution.jsonl")
TORN = b'{"body":{"client_order_id":"'


def points() -> list[str]:
    """Return the failpoints of files and logs."""
    return [name for name in failpoint.names() if name.startswith(GROUPS)]


def half_files(home: Path) -> Iterator[str]:
    """Yield the files that are neither the old ones nor the new ones; temporary ones, which nobody reads, left out."""
    for path in (*home.rglob("*.seal"), *home.rglob("*.seal.json")):
        document, _, snapshot = path.read_bytes().partition(b"\n")
        try:
            sealed = json.loads(document)["content_sha256"]
        except (ValueError, KeyError):
            sealed = ""
        if not sealed or (snapshot and hashlib.sha256(snapshot[:-1]).hexdigest() != sealed):
            yield str(path.relative_to(home))
    for path in home.rglob("*.jsonl"):
        for number, line in enumerate(path.read_bytes().splitlines(keepends=True), 1):
            if line.endswith(b"\n") and not line.endswith(b"}\n"):
                yield f"{path.relative_to(home)}:{number}"


def main(arguments: list[str]) -> int:
    """Run the command line."""
    given = _parser().parse_args(arguments)
    secrets = {name: Secret(value) for name, value in json.loads(given.credentials.read_text()).items() if value}
    place = Place(VENUE, given.rest, given.folder, Credentials(secrets))
    listed, prices = patiently(lambda: listed_at(place)), patiently(lambda: prices_at(place))
    prepare_to_fork()
    codes: dict[str, list[int]] = {}
    halves: list[str] = []

    def live(at: Place, name: str | None, count: int) -> None:
        plan = plan_of(at, listed)
        if name is not None:
            failpoint.arm(name, count)
        if at is place:
            asyncio.run(place_orders(plan, at, prices, Random(f"{given.seed}|{name}|{count}"), ORDERS))
        else:
            asyncio.run(resolve(plan))

    new_homes_first = sorted(points(), key=lambda name: not name.startswith(CREATING))  # no order rests yet that they do not know
    for name in (name for name in new_homes_first if name.startswith(given.only)):
        is_new = name.startswith(CREATING)
        if not is_new and not (place.home / LOGS[0]).exists() and run_forked(partial(live, place, None, 0), most_s=RESOLVE_S):
            raise RuntimeError("the first life, which nothing kills, failed")
        for count in COUNTS[:1] if is_new or name.startswith(CUTTING) else COUNTS:
            at = place if not is_new else replace(place, home=place.home.parent / f"{name}.{count}")
            if name.startswith(CUTTING):
                for log in LOGS:
                    with (at.home / log).open("ab") as file:
                        file.write(TORN)
            killed = run_forked(partial(live, at, name, count), most_s=RESOLVE_S)
            halves += [f"{name}: {half}" for half in half_files(at.home)]
            codes[f"{name}:{count}"] = [killed, run_forked(partial(live, at, None, count), most_s=RESOLVE_S)]
    left = sum(1 for _ in place.home.rglob("*.tmp"))
    sys.stdout.write(json.dumps({"seed": given.seed, "exit_codes": codes, "half_files": halves, "temporaries": left}) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m crash.file_bot", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rest", required=True, help="base URL of an OKX")
    parser.add_argument("--venue", choices=[VENUE], default=VENUE)
    parser.add_argument("--credentials", type=Path, required=True, help="JSON with apiKey, secret, password")
    parser.add_argument("--folder", type=Path, required=True, help="home of the bot")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--only", default="", metavar="PREFIX", help="points whose names begin so")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
