"""Judges the control arm: a bot with `intents.jsonl` and `outcomes.jsonl`, whose ids begin with the number of their intent."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .finding import Findings
from .ledger import Ledger

_NUMBER_DIGITS = 12


def check_naive(ledger: Ledger, folder: Path, findings: Findings) -> None:
    """Count what the naive bot did twice and what it forgot."""
    outcomes = {int(row["n"]): row for row in _rows(folder / "outcomes.jsonl")}
    intents = {int(row["n"]) for row in _rows(folder / "intents.jsonl")} | outcomes.keys()
    placed: Counter[int] = Counter()
    for name, orders in ledger.orders.items():
        placed[int(name[:_NUMBER_DIGITS], 16)] += len(orders)
    for n, count in placed.items():
        findings.add("duplicate", f"intent {n} became {count} orders", count - 1)
    for n, row in outcomes.items():
        if row["outcome"] == "dead" and row["id"] in ledger.orders:
            findings.add("lost", f"intent {n}: the venue has {row['id']}")
        if row["outcome"] == "accepted" and not placed[n]:
            findings.add("phantom", f"intent {n}: the venue has none")
    for n in sorted(intents - outcomes.keys()):
        findings.add("naive_unresolved", f"intent {n}")
    findings.looked_at |= {"intents": len(intents), "orders": ledger.count}


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        for line in path.read_bytes().split(b"\n"):
            if line.endswith(b"}"):
                yield json.loads(line)
