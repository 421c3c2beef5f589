"""The control arm: a bot that does what is commonly done, in a rig of the same seed and under the same faults and kills."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from crash.report import IS_LONG, check
from crash.rig import environment, program, rig

KILLS = 2000 if IS_LONG else 150
MOST_ROUNDS = 5


def run_naive(
    venue: str, protocol: str, folder: Path, seed: int, is_enough: Callable[[Mapping[str, Any]], bool]
) -> dict[str, Any]:
    """Kill a naive bot `KILLS` times in a hostile rig of its own, and again until what the checker says of it is enough.

    Returns the tolls and what the checker says last, enough or not, after `MOST_ROUNDS` at most.
    """
    tolls = []
    with rig(venue, folder, seed) as place:
        place.make_hostile()
        command = program("naive_bot", "--venue", venue, "--rest", place.rest, "--credentials", str(place.key_file))
        command += ["--folder", str(folder), "--protocol", protocol, "--kills", str(KILLS)]
        for number in range(MOST_ROUNDS):
            again = [*command, "--seed", str(seed + number)]
            ended = subprocess.run(again, env=environment(), capture_output=True, text=True, check=False)
            assert ended.returncode == 0, ended.stderr
            tolls.append(json.loads(ended.stdout))
            place.write_ledger(folder / "ledger.json")
            checked = check(folder / "ledger.json", ["--naive", str(folder)])
            if is_enough(checked):
                break
        did = place.nemesis.take({})
    return {"protocol": protocol, "tolls": tolls, "checked": checked, "network": did}
