"""MACs, verified with the standard library alone: of the journal's rows, and of the logs that are projected from it."""

from __future__ import annotations

import hmac
import json
from collections import Counter
from pathlib import Path

from .finding import Findings
from .journal import Journal, rows


def canonical(value: object) -> bytes:
    """Return RFC 8785 of texts, whole numbers below 2^53, lists and objects with plain names."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def check_journal_chain(path: Path, journal: Journal, key: bytes, findings: Findings) -> None:
    """Follow the chain from the journal's own facts to its last row."""
    previous = hmac.digest(key, b"orders|" + canonical(journal.facts), "sha256")
    expected, count, last = 1, 0, ""
    deaths: Counter[str] = Counter()
    for seq, table, values, before, mac in rows(path):
        if table == "openings" and last:
            deaths[last] += 1
        last = table
        if seq != expected:
            findings.add("chain", f"{table} {seq}: row {expected} is missing")
        kinds = "".join("i" if isinstance(value, int) else "n" if value is None else "t" for value in values)
        plain = [str(value) if isinstance(value, int) else value for value in values]
        right = hmac.digest(key, previous + canonical([table, seq, kinds, *plain]), "sha256")
        if bytes(before) != previous or bytes(mac) != right:
            findings.add("chain", f"{table} {seq}: its MAC is wrong")
        previous, expected, count = bytes(mac), seq + 1, count + 1
    findings.looked_at |= {"journal_rows": count, "last_row_of_a_life": dict(sorted(deaths.items()))}


def check_log(path: Path, journal: Journal, key: bytes, findings: Findings) -> None:
    """Follow the chain of one log, and compare what it repeats of the journal: each decision, or each end, once."""
    decisions: Counter[bytes] = Counter()
    ends: Counter[int] = Counter()
    previous, expected = "", 1
    for number, line in enumerate(path.read_bytes().splitlines(keepends=True), 1):
        if not line.endswith(b"\n"):
            break  # torn, never acknowledged
        try:
            entry = json.loads(line)
        except ValueError:
            findings.add("chain", f"{path.name} line {number}: is no record")
            break
        mac = entry.pop("mac")
        right = hmac.digest(key, canonical(entry), "sha256").hex()
        if mac != right or entry["seq"] != expected or (number > 1 and entry["prev"] != previous):
            findings.add("chain", f"{path.name} line {number}: the chain is broken")
        previous, expected = mac, entry["seq"] + 1
        body = entry["body"]
        if entry["type"] == "risk_decision":
            decisions[canonical({field: value for field, value in body.items() if field != "key_class"})] += 1
        elif entry["type"] == "order" and body["journal"] == journal.name:
            ends[body["journal_seq"]] += 1
    if "risk" in path.name:
        written = Counter(canonical(json.loads(text)) for _, _, text in journal.decisions)
        for client_id, number, text in journal.decisions:
            times, there = written[canonical(json.loads(text))], decisions[canonical(json.loads(text))]
            if times != there:
                findings.add("projection", f"{path.name}: decision {number} of {client_id}, {there} times instead of {times}")
    else:
        for seq, client_id in journal.ends:
            findings.add("projection", f"{path.name}: the end of {client_id}, {ends[seq]} times", abs(ends[seq] - 1))
    findings.looked_at[path.name] = expected - 1
