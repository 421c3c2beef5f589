"""Whether the journal agrees with itself: each end with the rows of its order, each intent and each body with its decision."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

from .finding import Findings
from .journal import Journal, Told, connect

MEMBERS = {
    "route", "client_order_id", "instrument", "side", "quantity", "price", "attempts", "result", "latency_ms", "fallback_used",
}  # fmt: skip
SIGNED_BY = "signed_by"
"""there where a person signed that the venue does not have the order"""
WITHOUT_FILLS = ("rejected", "canceled", "expired", "absent", "not_sent")


def check_records(path: Path, journal: Journal, findings: Findings) -> None:
    """Compare what rows repeat of each other."""
    with closing(connect(path)) as connection:
        connection.row_factory = _named
        decided = {row["seq"]: row for row in connection.execute("SELECT * FROM decisions")}
        intents = {row["client_order_id"]: row for row in connection.execute("SELECT * FROM intents")}
        attempts: defaultdict[str, list[Any]] = defaultdict(list)
        for row in connection.execute(
            "SELECT a.client_order_id, a.n, a.deadline_ms, w.seq AS answer, w.result, w.code FROM attempts AS a LEFT JOIN answers AS w"
            " ON w.client_order_id = a.client_order_id AND w.n = a.n ORDER BY a.seq"
        ):
            attempts[row["client_order_id"]].append(row)
        ends = connection.execute("SELECT * FROM ends").fetchall()
        told_of = connection.execute("SELECT client_order_id FROM notes WHERE event = 'fell_back'").fetchall()
    fell_back = {row["client_order_id"] for row in told_of}
    for row in decided.values():
        _check_body(row, findings)
    for name, intent in intents.items():
        _check_intent(name, intent, decided.get(intent["decision"]), findings)
    for end in ends:
        name = end["client_order_id"]
        said = json.loads(end["record"])
        told = journal.orders.get(name, Told())
        wrong = [] if name in intents else ["intent"]
        if name in intents:
            wrong = _differences(end, said, intents[name], attempts[name], told)
        if said.get("fallback_used") and name not in fell_back:
            wrong.append("fallback_used")
        if wrong:
            findings.add(
                "projection", f"{name}: its end's record says otherwise than its rows: {', '.join(wrong)}: {end['record']}"
            )
        _check_filled(name, end["result"], told, findings)


def _check_body(row: Mapping[str, Any], findings: Findings) -> None:
    body = json.loads(row["risk_body"])
    is_allowed = row["verdict"] == "approved"
    said = (body["client_order_id"], body["decision_seq"], body["code"], body["allowed"])
    if said != (row["client_order_id"], row["decision_seq"], row["code"], is_allowed):
        findings.add("projection", f"decision {row['seq']} of {row['client_order_id']}: its body says {said}")


def _check_intent(name: str, intent: Mapping[str, Any], decision: Mapping[str, Any] | None, findings: Findings) -> None:
    if decision is None:
        findings.add("other_terms", f"{name}: its intent names the decision {intent['decision']}, which is not there")
        return
    signal_id = json.loads(decision["risk_body"])["signal_id"]
    here = {field: intent[field] for field in ("client_order_id", "epoch", "decision_seq", "ts", "signal_id")}
    there = {**{field: decision[field] for field in here if field != "signal_id"}, "signal_id": signal_id}
    if here != there:
        findings.add("other_terms", f"{name}: intended {here}, decided {there}")


def _differences(
    end: Mapping[str, Any], said: Mapping[str, Any], intent: Mapping[str, Any], attempts: list[Any], told: Told
) -> list[str]:
    """Return the members of an end's record that its rows do not bear out."""
    wrong = sorted((MEMBERS ^ said.keys()) - {SIGNED_BY})
    wrong += [field for field in ("client_order_id", "result") if said.get(field) != end[field]]
    wrong += [field for field in ("route", "instrument", "side") if said.get(field) != intent[field]]
    terms = (said.get("quantity"), said.get("price"))
    if not any(_numbers(*terms) == (each.quantity, each.price) for each in told.possible):
        wrong.append("quantity or price")
    if not _are_these(said.get("attempts", []), attempts, end["seq"]):
        wrong.append("attempts")
    latency = said.get("latency_ms", 0)
    if latency is not None and not (isinstance(latency, int) and latency >= 0):
        wrong.append("latency_ms")
    return wrong


def _are_these(said: list[Any], attempts: list[Any], end: int) -> bool:
    """Return whether a record has these attempts, as they were answered before row `end`."""
    told = {each["n"]: each for each in said}
    if [each["n"] for each in said] != sorted(told) or told.keys() != {row["n"] for row in attempts}:
        return False
    for row in attempts:
        is_answered = row["answer"] is not None and row["answer"] < end
        each = told[row["n"]]
        outcome = (row["result"], row["code"]) if is_answered else ("unknown", "")
        if (each["result"], each["code"]) != outcome or each["deadline_ms"] != row["deadline_ms"]:
            return False
    return True


def _check_filled(name: str, result: str, told: Told, findings: Findings) -> None:
    filled = sum((fill.quantity for fill in told.fills), Decimal())
    whole = {terms.quantity for terms in told.possible}
    if (
        (result == "filled" and whole and filled not in whole)
        or (result == "partial" and not 0 < filled < max(whole, default=filled + 1))
        or (result in WITHOUT_FILLS and filled)
    ):
        findings.add("end_differs", f"{name}: ended as {result}, {filled} of {sorted(whole)} are booked")


def _numbers(quantity: object, price: object) -> tuple[Decimal | None, Decimal | None]:
    return (Decimal(str(quantity)) if quantity else None, Decimal(str(price)) if price else None)


def _named(cursor: Any, row: tuple[Any, ...]) -> dict[str, Any]:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}
