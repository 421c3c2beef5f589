"""The command line of the checker.

    python -m crash.checker --ledger ledger.json --journal orders.sqlite --key hmac.key [--log FILE ...] [--sent sent.jsonl]
    python -m crash.checker --ledger ledger.json --naive FOLDER

Prints one JSON document. Exit codes: 0 no violation, 1 violations, 2 cannot say.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from .finding import Findings
from .keys import Keys
from .ledger import read_ledger
from .naive import check_naive
from .orders import check_orders


def main(arguments: list[str]) -> int:
    """Check and print."""
    parser = argparse.ArgumentParser(prog="python -m crash.checker", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--ledger", type=Path, required=True)
    files = parser.add_mutually_exclusive_group(required=True)
    files.add_argument("--journal", type=Path, help="the bot's order journal (SQLite)")
    files.add_argument("--naive", type=Path, metavar="FOLDER", help="the files of the control arm")
    parser.add_argument("--key", type=Path, help="the bot's MAC key (hex), to check the chain of its journal and logs")
    parser.add_argument("--log", type=Path, action="append", default=[], help="a log projected from the journal (JSON lines)")
    parser.add_argument("--sent", type=Path, metavar="FILE", help="requests about orders that left the bot, from `crash.nemesis`")
    parser.add_argument("--foreign", action="append", default=[], metavar="ID", help="an order that the rig itself placed")
    given = parser.parse_args(arguments)
    findings = Findings()
    try:
        ledger = read_ledger(given.ledger)
        if given.naive is not None:
            check_naive(ledger, given.naive, findings)
        else:
            keys = None if given.key is None else Keys.read(given.key)
            check_orders(ledger, given.journal, keys, given.log, given.sent, frozenset(given.foreign), findings)
    except (OSError, ValueError, KeyError) as problem:
        print(json.dumps({"problem": f"{type(problem).__name__}: {problem}"}))
        return 2
    print(json.dumps(findings.document))
    return 1 if findings.counts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
