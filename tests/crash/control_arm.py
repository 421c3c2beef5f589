"""The control arm: a bot that does what is commonly done, in a rig of the same seed and under the same faults and kills."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from crash.report import IS_LONG, check
from crash.rig import environment, program, rig

KILLS = 2000 if IS_LONG else 150


def run_naive(venue: str, protocol: str, folder: Path, seed: int) -> dict[str, Any]:
    """Kill a naive bot `KILLS` times in a hostile rig of its own; return its toll and what the checker says of it."""
    with rig(venue, folder, seed) as place:
        place.make_hostile()
        command = program("naive_bot", "--venue", venue, "--rest", place.rest, "--credentials", str(place.key_file))
        command += ["--folder", str(folder), "--protocol", protocol, "--kills", str(KILLS), "--seed", str(seed)]
        ended = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        place.write_ledger(folder / "ledger.json")
        did = place.nemesis.take({})
    checked = check(folder / "ledger.json", ["--naive", str(folder)])
    return {"protocol": protocol, "toll": json.loads(ended.stdout), "checked": checked, "network": did}
