"""The tables of an order journal and the rules the database itself keeps (RELIABILITY §4.1)."""

from __future__ import annotations

from typing import Final

APPLICATION_ID: Final = 0x474C4F4A
"""`GLOJ`"""
USER_VERSION: Final = 2

# `seq` is one sequence over all tables but `journal`: what has the lower one was written first. Rows are only ever added.
# Prices and quantities stand as integers (ticks, lots, smallest units) and as exact decimal text.
# An intent stands right behind its decision, so one decision makes one order without an index that says so.
# The numbers of an order's attempts: 1 and 2 send the order itself, 3 and above are its amendments, one attempt each.
# `ts` is ns UTC of the wall clock: of facts and fills the venue's, of answers when they came, else when the row was written.
# `mono` and `left_mono` are ns of the monotonic clock; their differences are latencies, whatever is done to the wall clock.
TABLES: Final = """
CREATE TABLE journal (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE openings (
    seq INTEGER PRIMARY KEY, epoch INTEGER NOT NULL UNIQUE, ts INTEGER NOT NULL, pid INTEGER NOT NULL, operator TEXT NOT NULL,
    code_version TEXT NOT NULL, found TEXT NOT NULL CHECK (found IN ('new', 'closed', 'crashed', 'torn_tail')),
    prev_mac BLOB NOT NULL, mac BLOB NOT NULL
) STRICT;
CREATE TABLE decisions (
    seq INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, decision_seq INTEGER NOT NULL, ts INTEGER NOT NULL, mono INTEGER NOT NULL,
    client_order_id TEXT NOT NULL, verdict TEXT NOT NULL CHECK (verdict IN ('approved', 'refused')), code TEXT NOT NULL,
    subject TEXT NOT NULL CHECK (subject IN ('order', 'amendment')), risk_body TEXT NOT NULL,
    prev_mac BLOB NOT NULL, mac BLOB NOT NULL
) STRICT;
CREATE TABLE intents (
    seq INTEGER PRIMARY KEY, client_order_id TEXT NOT NULL UNIQUE CHECK (length(client_order_id) = 32), epoch INTEGER NOT NULL,
    route TEXT NOT NULL, instrument TEXT NOT NULL, side TEXT NOT NULL, type TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0), price INTEGER, time_in_force TEXT NOT NULL, signal_id TEXT NOT NULL,
    trigger_price INTEGER, trail INTEGER, expires_at INTEGER, quantity_text TEXT NOT NULL, price_text TEXT,
    decision INTEGER NOT NULL CHECK (decision = seq - 1) REFERENCES decisions (seq),
    decision_seq INTEGER NOT NULL, ts INTEGER NOT NULL,
    prev_mac BLOB NOT NULL, mac BLOB NOT NULL
) STRICT;
CREATE TABLE amendments (
    seq INTEGER PRIMARY KEY, client_order_id TEXT NOT NULL REFERENCES intents (client_order_id),
    n INTEGER NOT NULL CHECK (n >= 3), quantity INTEGER NOT NULL CHECK (quantity > 0), price INTEGER,
    trigger_price INTEGER, trail INTEGER, expires_at INTEGER, quantity_text TEXT NOT NULL, price_text TEXT,
    decision INTEGER NOT NULL CHECK (decision = seq - 1) REFERENCES decisions (seq),
    decision_seq INTEGER NOT NULL, ts INTEGER NOT NULL,
    prev_mac BLOB NOT NULL, mac BLOB NOT NULL, UNIQUE (client_order_id, n)
) STRICT;
CREATE TABLE attempts (
    seq INTEGER PRIMARY KEY, client_order_id TEXT NOT NULL REFERENCES intents (client_order_id),
    n INTEGER NOT NULL CHECK (n >= 1), deadline_ms INTEGER NOT NULL, ts INTEGER NOT NULL,
    prev_mac BLOB NOT NULL, mac BLOB NOT NULL, UNIQUE (client_order_id, n)
) STRICT;
CREATE TABLE answers (
    seq INTEGER PRIMARY KEY, client_order_id TEXT NOT NULL, n INTEGER NOT NULL,
    result TEXT NOT NULL CHECK (result IN ('accepted', 'rejected', 'unknown', 'not_processed', 'not_sent')),
    code TEXT NOT NULL, detail TEXT NOT NULL, venue_order_id TEXT,
    ts INTEGER NOT NULL, mono INTEGER NOT NULL, left_mono INTEGER,
    prev_mac BLOB NOT NULL, mac BLOB NOT NULL, UNIQUE (client_order_id, n),
    FOREIGN KEY (client_order_id, n) REFERENCES attempts (client_order_id, n)
) STRICT;
CREATE TABLE facts (
    seq INTEGER PRIMARY KEY, client_order_id TEXT NOT NULL, event TEXT NOT NULL, ts INTEGER NOT NULL, venue_order_id TEXT,
    code TEXT NOT NULL, price INTEGER, quantity INTEGER, prev_mac BLOB NOT NULL, mac BLOB NOT NULL
) STRICT;
CREATE TABLE fills (
    seq INTEGER PRIMARY KEY, venue TEXT NOT NULL, trade_id TEXT NOT NULL, client_order_id TEXT NOT NULL, instrument TEXT NOT NULL,
    ts INTEGER NOT NULL, side TEXT NOT NULL, price INTEGER NOT NULL, quantity INTEGER NOT NULL CHECK (quantity > 0),
    fee INTEGER NOT NULL, fee_asset TEXT NOT NULL, liquidity TEXT NOT NULL, price_text TEXT NOT NULL,
    quantity_text TEXT NOT NULL, fee_text TEXT NOT NULL, prev_mac BLOB NOT NULL, mac BLOB NOT NULL, UNIQUE (venue, trade_id)
) STRICT;
CREATE TABLE ends (
    seq INTEGER PRIMARY KEY, client_order_id TEXT NOT NULL UNIQUE,
    result TEXT NOT NULL CHECK (
        result IN ('filled', 'partial', 'canceled', 'rejected', 'expired', 'absent', 'not_sent')
    ),
    record TEXT NOT NULL, ts INTEGER NOT NULL, prev_mac BLOB NOT NULL, mac BLOB NOT NULL
) STRICT;
CREATE TABLE notes (
    seq INTEGER PRIMARY KEY, ts INTEGER NOT NULL, event TEXT NOT NULL, subject TEXT NOT NULL, client_order_id TEXT,
    body TEXT NOT NULL, operator TEXT NOT NULL, prev_mac BLOB NOT NULL, mac BLOB NOT NULL
) STRICT;
CREATE TABLE seals (
    seq INTEGER PRIMARY KEY, sealed_seq INTEGER NOT NULL, document TEXT NOT NULL, prev_mac BLOB NOT NULL, mac BLOB NOT NULL
) STRICT;
CREATE INDEX refusals_by_order ON decisions (client_order_id) WHERE verdict = 'refused';
CREATE INDEX facts_by_order ON facts (client_order_id, seq);
CREATE INDEX fills_by_order ON fills (client_order_id, seq);
CREATE INDEX notes_on_foreign_orders ON notes (seq) WHERE event IN ('adopted', 'canceled_foreign');
CREATE INDEX notes_by_order ON notes (client_order_id) WHERE client_order_id IS NOT NULL;
CREATE TRIGGER decision_before_intent BEFORE INSERT ON intents
WHEN NOT EXISTS (SELECT 1 FROM decisions AS d WHERE d.seq = NEW.decision AND d.verdict = 'approved' AND d.subject = 'order'
                 AND d.client_order_id = NEW.client_order_id AND d.seq < NEW.seq)
BEGIN SELECT RAISE(ABORT, 'an intent needs its own approved decision with a lower sequence'); END;
CREATE TRIGGER decision_before_amendment BEFORE INSERT ON amendments
WHEN NOT EXISTS (SELECT 1 FROM decisions AS d WHERE d.seq = NEW.decision AND d.verdict = 'approved' AND d.subject = 'amendment'
                 AND d.client_order_id = NEW.client_order_id AND d.seq < NEW.seq)
BEGIN SELECT RAISE(ABORT, 'an amendment needs its own approved decision with a lower sequence'); END;
CREATE TRIGGER second_attempt_after_not_processed BEFORE INSERT ON attempts
WHEN NEW.n = 2 AND NOT EXISTS (SELECT 1 FROM answers AS a WHERE a.client_order_id = NEW.client_order_id AND a.n = 1
                               AND a.result = 'not_processed')
BEGIN SELECT RAISE(ABORT, 'a second attempt needs the answer "not processed" to the first'); END;
CREATE TRIGGER amendment_before_its_attempt BEFORE INSERT ON attempts
WHEN NEW.n >= 3 AND NOT EXISTS (SELECT 1 FROM amendments AS a WHERE a.client_order_id = NEW.client_order_id AND a.n = NEW.n)
BEGIN SELECT RAISE(ABORT, 'an attempt to amend needs its amendment'); END;
CREATE TRIGGER nothing_leaves_after_the_end BEFORE INSERT ON attempts
WHEN EXISTS (SELECT 1 FROM ends AS e WHERE e.client_order_id = NEW.client_order_id)
BEGIN SELECT RAISE(ABORT, 'the order has ended, nothing of it leaves any more'); END;
CREATE TRIGGER fact_of_a_known_order BEFORE INSERT ON facts
WHEN NOT EXISTS (SELECT 1 FROM intents AS i WHERE i.client_order_id = NEW.client_order_id)
    AND NOT EXISTS (SELECT 1 FROM notes AS n WHERE n.client_order_id = NEW.client_order_id AND n.event = 'adopted')
BEGIN SELECT RAISE(ABORT, 'a fact needs the intent of its order, or its adoption'); END;
CREATE TRIGGER fill_of_a_known_order BEFORE INSERT ON fills
WHEN NOT EXISTS (SELECT 1 FROM intents AS i WHERE i.client_order_id = NEW.client_order_id)
    AND NOT EXISTS (SELECT 1 FROM notes AS n WHERE n.client_order_id = NEW.client_order_id AND n.event = 'adopted')
BEGIN SELECT RAISE(ABORT, 'a fill needs the intent of its order, or its adoption'); END;
CREATE TRIGGER end_of_a_known_order BEFORE INSERT ON ends
WHEN NOT EXISTS (SELECT 1 FROM intents AS i WHERE i.client_order_id = NEW.client_order_id)
    AND NOT EXISTS (SELECT 1 FROM notes AS n WHERE n.client_order_id = NEW.client_order_id AND n.event = 'adopted')
BEGIN SELECT RAISE(ABORT, 'an end needs the intent of its order, or its adoption'); END;
"""

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "openings": ("epoch", "ts", "pid", "operator", "code_version", "found"),
    "decisions": (
        "epoch", "decision_seq", "ts", "mono", "client_order_id", "verdict", "code", "subject", "risk_body",
    ),
    "intents": (
        "client_order_id", "epoch", "route", "instrument", "side", "type", "quantity", "price", "time_in_force", "signal_id",
        "trigger_price", "trail", "expires_at", "quantity_text", "price_text", "decision", "decision_seq", "ts",
    ),
    "amendments": (
        "client_order_id", "n", "quantity", "price", "trigger_price", "trail", "expires_at", "quantity_text", "price_text",
        "decision", "decision_seq", "ts",
    ),
    "attempts": ("client_order_id", "n", "deadline_ms", "ts"),
    "answers": ("client_order_id", "n", "result", "code", "detail", "venue_order_id", "ts", "mono", "left_mono"),
    "facts": ("client_order_id", "event", "ts", "venue_order_id", "code", "price", "quantity"),
    "fills": (
        "venue", "trade_id", "client_order_id", "instrument", "ts", "side", "price", "quantity", "fee", "fee_asset", "liquidity",
        "price_text", "quantity_text", "fee_text",
    ),
    "ends": ("client_order_id", "result", "record", "ts"),
    "notes": ("ts", "event", "subject", "client_order_id", "body", "operator"),
    "seals": ("sealed_seq", "document"),
}  # fmt: skip
"""Columns of each table beside seq, prev_mac and mac, in the order the MAC covers them."""
