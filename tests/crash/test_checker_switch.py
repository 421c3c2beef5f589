"""The judge of the dead-man's switch finds each kind of violation, and nothing where all is well."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from crash.rig import environment, program

Row = tuple[float, str] | tuple[float, Sequence[str], Sequence[str], Sequence[str]]
"""seconds and an event; or seconds and a look: what works, what the switch canceled, what ended otherwise"""
TIMEOUT_S, SLACK_S = 4, 1
RESTS: tuple[Row, ...] = ((0, "starting"), (1, ("a", "b"), (), ()), (2, "ready"))
DIES: tuple[Row, ...] = (*RESTS, (10, "killed"))


def judged(folder: Path, rows: Sequence[Row]) -> dict[str, Any]:
    """Run the judge as a program."""
    watch = folder / "watch.jsonl"
    with watch.open("w") as file:
        for at, *what in rows:
            seen = (
                {"event": "look", **dict(zip(("working", "switched", "gone"), what, strict=True))}
                if what[1:]
                else {"event": what[0]}
            )
            file.write(json.dumps({"at": int(float(str(at)) * 1e9), **seen}) + "\n")
    flags = ("--watch", str(watch), "--timeout-s", str(TIMEOUT_S), "--slack-s", str(SLACK_S))
    ended = subprocess.run(program("checker.switch", *flags), env=environment(), capture_output=True, text=True, check=False)
    assert ended.returncode in (0, 1), ended.stdout + ended.stderr
    return dict(json.loads(ended.stdout))


@pytest.mark.parametrize(
    ("rows", "expected", "took_s"),
    [
        ([*DIES, (14, (), ("a", "b"), ())], {}, [4]),
        ([*DIES, (12, ("b",), (), ("a",)), (14, (), ("b",), ("a",))], {}, [4]),
        ([*DIES, (12, ("a",), (), ("b",)), (13, (), (), ("a", "b"))], {}, []),
        ([*DIES, (11, ("a", "b", "c"), (), ()), (14, (), ("a", "b", "c"), ())], {}, [4]),
        ([*DIES, (12, "starting"), (13, ("a", "b", "c"), (), ()), (13.5, "ready")], {}, []),
        ([*DIES, (12, "starting"), (14, (), ("a", "b"), ()), (15, "ready")], {}, []),
        ([*RESTS, (10, "closed"), (30, ("b",), (), ("a",))], {}, []),
        (DIES, {"switch_late": 2}, []),
        ([*DIES, (14, ("b",), ("a",), ())], {"switch_late": 1}, []),
        ([*DIES, (16, (), ("a", "b"), ())], {"switch_late": 2}, []),
        ([*DIES, (14, ("c",), ("a", "b"), ())], {"switch_late": 1}, []),
        ([*DIES, (11, ("c",), (), ()), (90, ("c",), (), ())], {"switch_late": 1, "switch_lost": 2}, []),
        ([*DIES, (14, (), ("a",), ())], {"switch_lost": 1}, [4]),
        ([*DIES, (11, (), (), ())], {"switch_lost": 2}, []),
        ([*RESTS, (8, (), ("a", "b"), ())], {"switch_struck": 2}, []),
        ([*RESTS, (10, "closed"), (12, (), ("a", "b"), ())], {"switch_struck": 2}, []),
        ([*DIES, (12, "starting"), (13, "ready"), (14, (), ("a", "b"), ())], {"switch_struck": 2}, []),
    ],
)  # fmt: skip
def test_what_a_dead_bot_left_is_ended_by_somebody_in_time(
    rows: Sequence[Row], expected: dict[str, int], took_s: list[float], tmp_path: Path
) -> None:
    document = judged(tmp_path, rows)
    assert {kind: count for kind, count in document["counts"].items() if count} == expected
    assert document["looked_at"]["canceled_after_s"] == took_s
