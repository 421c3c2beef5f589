"""Judges a dead-man's switch from what was seen at the venue while its bot lived and died.

    python -m crash.checker.switch --watch watch.jsonl --timeout-s 3 --slack-s 2

`watch.jsonl` has one row for each thing that happened to the bot (`starting`: what arrives from now on may be its; `ready`: it lives; `killed`, `stopped`, `stalled`, `unguarded`: it is
as good as dead; `closed`: it ended in order; `over`: somebody takes down what rests), and one for each look at the venue's ledger that
showed something new (`look`: ids that work, ids that its switch canceled, and those that ended otherwise), each with the time (`at`, ns of one clock). Prints one
JSON document. Exit codes: 0 no violation, 1 violations, 2 cannot say.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .finding import Findings

DEAD = ("killed", "stopped", "stalled", "unguarded")
"""unguarded: an orderly end at a venue whose switch cannot be taken back"""
_SECOND = 1_000_000_000


def check_switch(rows: Sequence[Mapping[str, Any]], timeout_s: float, slack_s: float, findings: Findings) -> None:
    """Demand that what worked when the bot died, and what arrived of it later, was canceled in time; nothing while it lived or after
    an orderly end.
    """
    within = int((timeout_s + slack_s) * _SECOND)
    events = [row for row in rows if row["event"] != "look"]
    looks = [row for row in rows if row["event"] == "look"]
    took_s: list[float] = []
    deaths: Counter[str] = Counter()
    for event, then in zip(events, [*events[1:], None], strict=True):
        if event["event"] not in DEAD:
            continue
        until = event["at"] + within if then is None else min(then["at"], event["at"] + within)
        shown = [
            [look for look in looks if look["at"] <= event["at"]][-1],
            *(look for look in looks if event["at"] < look["at"] <= until),
        ]
        his = {name for look in shown for name in look["working"]}
        last = shown[-1]
        left = his & set(last["working"])
        struck = his & set(last["switched"])
        lost = his - left - struck - set(last["gone"])
        findings.add(
            "switch_lost", f"{event['event']} at {event['at']}: {sorted(lost)} work no more, and nobody ended them", len(lost)
        )
        if not his or (left and until < event["at"] + within):
            continue  # nothing rested, or the next life was there before its time was over: then its orders may stand
        deaths[event["event"]] += 1
        late = f"{event['event']} at {event['at']}: {sorted(left)} still work after {within / _SECOND:g} s"
        findings.add("switch_late", late, len(left))
        if struck and not left:
            over = next(look for look in shown if not his & set(look["working"]) and struck <= set(look["switched"]))
            took_s.append((over["at"] - event["at"]) / _SECOND)
    seen: set[str] = set()
    for look in looks:
        state = [event["event"] for event in events if event["at"] < look["at"] and event["event"] != "starting"]
        new = set(look["switched"]) - seen
        seen |= new
        if new and (not state or state[-1] not in DEAD):
            findings.add("switch_struck", f"{sorted(new)} were canceled by the switch after {state[-1:]}", len(new))
    findings.looked_at |= {
        "deaths": dict(sorted(deaths.items())),
        "canceled_by_switch": len(seen),
        "canceled_after_s": [round(each, 2) for each in took_s],
        "closed": sum(event["event"] == "closed" for event in events),
        "working_after_close": _after_close(events, looks),
    }


def _after_close(events: Sequence[Mapping[str, Any]], looks: Sequence[Mapping[str, Any]]) -> int:
    """Return how many orders still worked at the end of the time after the last orderly end."""
    closed = [event["at"] for event in events if event["event"] == "closed"]
    later = [event["at"] for event in events if closed and event["at"] > closed[-1]]
    shown = [look for look in looks if closed and (not later or look["at"] < later[0])]
    return len(shown[-1]["working"]) if shown else 0


def main(arguments: list[str]) -> int:
    """Check and print."""
    parser = argparse.ArgumentParser(prog="python -m crash.checker.switch", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--watch", type=Path, required=True)
    parser.add_argument("--timeout-s", type=float, required=True)
    parser.add_argument("--slack-s", type=float, required=True, help="how long the venue and who looks at it may take beside")
    given = parser.parse_args(arguments)
    findings = Findings()
    try:
        rows = sorted((json.loads(line) for line in given.watch.read_text().splitlines()), key=lambda row: int(row["at"]))
        check_switch(rows, given.timeout_s, given.slack_s, findings)
    except (OSError, ValueError, KeyError) as problem:
        print(json.dumps({"problem": f"{type(problem).__name__}: {problem}"}))
        return 2
    print(json.dumps(findings.document))
    return 1 if findings.counts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
