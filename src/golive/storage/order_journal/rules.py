"""The rules between the rows of an order journal, as queries that find what breaks them.

The database keeps them while it is written; a verifier asks them again, since a changed file obeys nobody.
"""

from __future__ import annotations

from typing import Final

_UNKNOWN: Final = """SELECT x.seq FROM {table} AS x
    WHERE NOT EXISTS (SELECT 1 FROM intents AS i WHERE i.client_order_id = x.client_order_id AND i.seq < x.seq)
        AND NOT EXISTS (SELECT 1 FROM notes AS n WHERE n.client_order_id = x.client_order_id AND n.event = 'adopted'
                        AND n.seq < x.seq)"""

RULES: Final[dict[str, str]] = {
    "intents: no approved decision of this order before it": """
        SELECT i.seq FROM intents AS i LEFT JOIN decisions AS d ON d.seq = i.decision
        WHERE d.seq IS NULL OR d.seq >= i.seq OR d.verdict <> 'approved' OR d.subject <> 'order'
            OR d.client_order_id <> i.client_order_id""",
    "amendments: no approved decision of this amendment before it": """
        SELECT a.seq FROM amendments AS a LEFT JOIN decisions AS d ON d.seq = a.decision
        WHERE d.seq IS NULL OR d.seq >= a.seq OR d.verdict <> 'approved' OR d.subject <> 'amendment'
            OR d.client_order_id <> a.client_order_id""",
    "decisions: approved, and nothing was made of it": """
        SELECT d.seq FROM decisions AS d WHERE d.verdict = 'approved'
            AND NOT EXISTS (SELECT 1 FROM intents AS i WHERE i.seq = d.seq + 1 AND i.decision = d.seq)
            AND NOT EXISTS (SELECT 1 FROM amendments AS a WHERE a.seq = d.seq + 1 AND a.decision = d.seq)""",
    "attempts: no intent before it": """
        SELECT a.seq FROM attempts AS a WHERE NOT EXISTS (
            SELECT 1 FROM intents AS i WHERE i.client_order_id = a.client_order_id AND i.seq < a.seq)""",
    "attempts: a second one without the answer \"not processed\" to the first": """
        SELECT a.seq FROM attempts AS a WHERE a.n = 2 AND NOT EXISTS (
            SELECT 1 FROM answers AS w WHERE w.client_order_id = a.client_order_id AND w.n = 1 AND w.seq < a.seq
                AND w.result = 'not_processed')""",
    "attempts: no amendment before it": """
        SELECT a.seq FROM attempts AS a WHERE a.n >= 3 AND NOT EXISTS (
            SELECT 1 FROM amendments AS m WHERE m.client_order_id = a.client_order_id AND m.n = a.n AND m.seq < a.seq)""",
    "attempts: the order had ended before": """
        SELECT a.seq FROM attempts AS a JOIN ends AS e ON e.client_order_id = a.client_order_id WHERE e.seq < a.seq""",
    "answers: no attempt before it": """
        SELECT w.seq FROM answers AS w WHERE NOT EXISTS (
            SELECT 1 FROM attempts AS a WHERE a.client_order_id = w.client_order_id AND a.n = w.n AND a.seq < w.seq)""",
    "facts: of an order that nobody knows": _UNKNOWN.format(table="facts"),
    "fills: of an order that nobody knows": _UNKNOWN.format(table="fills"),
    "ends: of an order that nobody knows": _UNKNOWN.format(table="ends"),
}  # fmt: skip
"""What is wrong with a row, and the query that yields the sequences of such rows."""
