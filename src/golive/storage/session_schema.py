"""The tables of a session store (RELIABILITY §4.1)."""

from __future__ import annotations

from typing import Final

APPLICATION_ID: Final = 0x474C4956
"""`GLIV`"""
USER_VERSION: Final = 2
"""1 knew neither sleeping orders nor amendments nor restarts, and cannot be continued; it was never released."""

# `seq` is one sequence over all journal tables: what has the lower one was written first. Rows are only ever added:
# an order's present status follows from its rows in `order_updates` and `fills`, an attempt's answer is a row in `answers`.
# The numbers of an order's attempts: 1 and 2 send the order itself, 3 and above are its amendments, one attempt each.
TABLES: Final = """
CREATE TABLE session (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE events (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, body BLOB NOT NULL, mac BLOB NOT NULL
) STRICT;
CREATE TABLE records (
    seq INTEGER PRIMARY KEY, record_seq INTEGER NOT NULL UNIQUE, ts INTEGER NOT NULL, event TEXT NOT NULL,
    body TEXT NOT NULL, prev_mac BLOB NOT NULL, mac BLOB NOT NULL
) STRICT;
CREATE TABLE decisions (
    seq INTEGER PRIMARY KEY, record_seq INTEGER NOT NULL UNIQUE, decision_seq INTEGER NOT NULL UNIQUE,
    ts INTEGER NOT NULL, event TEXT NOT NULL, client_order_id TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('approved', 'refused')),
    code TEXT NOT NULL, subject TEXT NOT NULL CHECK (subject IN ('order', 'amendment')),
    body TEXT NOT NULL, risk_body TEXT NOT NULL, created_mono INTEGER NOT NULL,
    prev_mac BLOB NOT NULL, mac BLOB NOT NULL
) STRICT;
CREATE TABLE intents (
    seq INTEGER PRIMARY KEY, client_order_id TEXT NOT NULL UNIQUE CHECK (length(client_order_id) = 32), epoch INTEGER NOT NULL,
    instrument TEXT NOT NULL, side TEXT NOT NULL, type TEXT NOT NULL, quantity INTEGER NOT NULL CHECK (quantity > 0),
    price INTEGER, time_in_force TEXT NOT NULL, signal_id TEXT NOT NULL,
    trigger_price INTEGER, trail INTEGER, expires_at INTEGER,
    decision_seq INTEGER NOT NULL UNIQUE REFERENCES decisions (decision_seq), created_mono INTEGER NOT NULL,
    prev_mac BLOB NOT NULL, mac BLOB NOT NULL
) STRICT;
CREATE TABLE attempts (
    seq INTEGER PRIMARY KEY, client_order_id TEXT NOT NULL REFERENCES intents (client_order_id),
    n INTEGER NOT NULL CHECK (n IN (1, 2)), deadline_ms INTEGER NOT NULL,
    prev_mac BLOB NOT NULL, mac BLOB NOT NULL, UNIQUE (client_order_id, n)
) STRICT;
CREATE TABLE answers (
    seq INTEGER PRIMARY KEY, client_order_id TEXT NOT NULL, n INTEGER NOT NULL, answer TEXT NOT NULL,
    prev_mac BLOB NOT NULL, mac BLOB NOT NULL, UNIQUE (client_order_id, n),
    FOREIGN KEY (client_order_id, n) REFERENCES attempts (client_order_id, n)
) STRICT;
CREATE TABLE amendments (
    seq INTEGER PRIMARY KEY, client_order_id TEXT NOT NULL REFERENCES intents (client_order_id),
    n INTEGER NOT NULL CHECK (n >= 3), quantity INTEGER NOT NULL CHECK (quantity > 0), price INTEGER,
    trigger_price INTEGER, trail INTEGER, expires_at INTEGER,
    decision_seq INTEGER NOT NULL UNIQUE REFERENCES decisions (decision_seq), created_mono INTEGER NOT NULL,
    prev_mac BLOB NOT NULL, mac BLOB NOT NULL, UNIQUE (client_order_id, n)
) STRICT;
CREATE TABLE amendment_attempts (
    seq INTEGER PRIMARY KEY, client_order_id TEXT NOT NULL, n INTEGER NOT NULL, deadline_ms INTEGER NOT NULL,
    prev_mac BLOB NOT NULL, mac BLOB NOT NULL, UNIQUE (client_order_id, n),
    FOREIGN KEY (client_order_id, n) REFERENCES amendments (client_order_id, n)
) STRICT;
CREATE TABLE amendment_answers (
    seq INTEGER PRIMARY KEY, client_order_id TEXT NOT NULL, n INTEGER NOT NULL, answer TEXT NOT NULL,
    prev_mac BLOB NOT NULL, mac BLOB NOT NULL, UNIQUE (client_order_id, n),
    FOREIGN KEY (client_order_id, n) REFERENCES amendment_attempts (client_order_id, n)
) STRICT;
CREATE TABLE order_updates (
    seq INTEGER PRIMARY KEY, client_order_id TEXT NOT NULL, event TEXT NOT NULL, ts INTEGER NOT NULL, venue_order_id TEXT,
    code TEXT NOT NULL, price INTEGER, quantity INTEGER, prev_mac BLOB NOT NULL, mac BLOB NOT NULL
) STRICT;
CREATE TABLE fills (
    seq INTEGER PRIMARY KEY, venue TEXT NOT NULL, trade_id TEXT NOT NULL, client_order_id TEXT NOT NULL, instrument TEXT NOT NULL,
    ts INTEGER NOT NULL, side TEXT NOT NULL, price INTEGER NOT NULL, quantity INTEGER NOT NULL, fee INTEGER NOT NULL,
    fee_asset TEXT NOT NULL, liquidity TEXT NOT NULL, prev_mac BLOB NOT NULL, mac BLOB NOT NULL, UNIQUE (venue, trade_id)
) STRICT;
CREATE TABLE lifecycle (
    seq INTEGER PRIMARY KEY, event TEXT NOT NULL CHECK (event IN ('resumed', 'ended')), ts INTEGER NOT NULL,
    epoch INTEGER NOT NULL, body TEXT NOT NULL, prev_mac BLOB NOT NULL, mac BLOB NOT NULL
) STRICT;
CREATE INDEX order_updates_by_order ON order_updates (client_order_id, seq);
CREATE TRIGGER decision_before_intent BEFORE INSERT ON intents
WHEN NOT EXISTS (SELECT 1 FROM decisions AS d WHERE d.decision_seq = NEW.decision_seq AND d.verdict = 'approved'
                 AND d.subject = 'order' AND d.client_order_id = NEW.client_order_id AND d.seq < NEW.seq)
BEGIN SELECT RAISE(ABORT, 'an intent needs its own approved decision with a lower sequence'); END;
CREATE TRIGGER decision_before_amendment BEFORE INSERT ON amendments
WHEN NOT EXISTS (SELECT 1 FROM decisions AS d WHERE d.decision_seq = NEW.decision_seq AND d.verdict = 'approved'
                 AND d.subject = 'amendment' AND d.client_order_id = NEW.client_order_id AND d.seq < NEW.seq)
BEGIN SELECT RAISE(ABORT, 'an amendment needs its own approved decision with a lower sequence'); END;
CREATE TRIGGER second_attempt_after_answer BEFORE INSERT ON attempts
WHEN NEW.n = 2 AND NOT EXISTS (SELECT 1 FROM answers AS a WHERE a.client_order_id = NEW.client_order_id AND a.n = 1)
BEGIN SELECT RAISE(ABORT, 'a second attempt needs the answer to the first'); END;
CREATE TRIGGER nothing_after_the_end BEFORE INSERT ON lifecycle
WHEN EXISTS (SELECT 1 FROM lifecycle WHERE event = 'ended')
BEGIN SELECT RAISE(ABORT, 'the session has ended'); END;
"""

JOURNAL_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "records": ("record_seq", "ts", "event", "body"),
    "decisions": (
        "record_seq", "decision_seq", "ts", "event", "client_order_id", "verdict", "code", "subject", "body", "risk_body",
        "created_mono",
    ),
    "intents": (
        "client_order_id", "epoch", "instrument", "side", "type", "quantity", "price", "time_in_force", "signal_id",
        "trigger_price", "trail", "expires_at", "decision_seq", "created_mono",
    ),
    "attempts": ("client_order_id", "n", "deadline_ms"),
    "answers": ("client_order_id", "n", "answer"),
    "amendments": (
        "client_order_id", "n", "quantity", "price", "trigger_price", "trail", "expires_at", "decision_seq", "created_mono",
    ),
    "amendment_attempts": ("client_order_id", "n", "deadline_ms"),
    "amendment_answers": ("client_order_id", "n", "answer"),
    "order_updates": ("client_order_id", "event", "ts", "venue_order_id", "code", "price", "quantity"),
    "fills": (
        "venue", "trade_id", "client_order_id", "instrument", "ts", "side", "price", "quantity", "fee", "fee_asset", "liquidity",
    ),
    "lifecycle": ("event", "ts", "epoch", "body"),
}  # fmt: skip
"""Columns of each journal table beside seq, prev_mac and mac, in the order the MAC covers them."""
