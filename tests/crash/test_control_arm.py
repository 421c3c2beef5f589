"""The rig is able to fail: bots that do what is commonly done place orders twice in it, under the same faults and kills."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from crash.report import IS_LONG, Report, check
from crash.rig import environment, program, rig

KILLS = 2000 if IS_LONG else 150
SEED = 20_240
RUNS = (
    ("okx", ("record", "resend", "query")),
    ("kraken", ("record", "resend")),
    ("bybit", ("record",)),  # its ids are unique for ever, so the same id is never taken twice
)

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600 if IS_LONG else 180)]


@pytest.mark.parametrize(("venue", "protocols"), RUNS, ids=[name for name, _ in RUNS])
def test_naive_protocols_place_orders_twice(venue: str, protocols: tuple[str, ...], tmp_path: Path) -> None:
    report = Report(f"control-arm-{venue}", SEED)
    counts = []
    for protocol in protocols:
        report.parts[protocol] = found = _run(venue, protocol, tmp_path / protocol)
        counts.append(found["checked"]["counts"])
    report.write(tmp_path)
    assert sum(each["duplicate"] for each in counts) > 0, "the run is void: this rig finds no duplicates"
    assert [each["phantom"] for each in counts] == [0] * len(protocols)


def _run(venue: str, protocol: str, folder: Path) -> dict[str, Any]:
    with rig(venue, folder, SEED) as place:
        place.make_hostile()
        command = program("naive_bot", "--venue", venue, "--rest", place.rest, "--credentials", str(place.key_file))
        command += ["--folder", str(folder), "--protocol", protocol, "--kills", str(KILLS), "--seed", str(SEED)]
        ended = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        place.write_ledger(folder / "ledger.json")
        did = place.nemesis.take({})
    checked = check(folder / "ledger.json", ["--naive", str(folder)])
    return {"toll": json.loads(ended.stdout), "checked": checked, "network": did}
