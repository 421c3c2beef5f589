"""What is particular to Bybit as data: codes, budgets, bars. Sources: VENUES §1, §5–§7; RELIABILITY §1.1; CONTRACT."""

from __future__ import annotations

import re
from typing import Final

from golive.model.secret import SecretAlphabet, SecretForm

from .bybit_dialect import HOSTNAME, RECV_WINDOW_MS, BybitDialect
from .bybit_fees import FEES
from .bybit_history import BybitHistory
from .bybit_signing import BybitSigner
from .meaning import CodeRule, Meaning
from .profile import Ban, Bar, BudgetRule, ClientOrderIdRule, FeeDefaults, RetryPolicy, Sandbox, VenueProfile

_GATE = frozenset({200, 400, 401, 403})
"""statuses with which the gateway, which stands before the engine, sends a refusal of its own"""
_OK = frozenset({200})
_NEVER: Final[frozenset[int]] = frozenset()


def _rules(meaning: Meaning, http: frozenset[int], *codes: str) -> dict[str, CodeRule]:
    return {code: CodeRule(meaning, http) for code in codes}


CODES: Final = {
    **_rules(Meaning.AUTHENTICATION, _GATE, "10003", "10004", "10007", "33004", "-2015"),
    **_rules(Meaning.AUTHENTICATION, _NEVER, "auth"),
    **_rules(Meaning.PERMISSION, _GATE, "10005", "10008", "10010", "10020", "10024", "10027", "10028", "10029", "100028"),
    **_rules(Meaning.PERMISSION, _OK, "170201", "170209", "170224", "170241"),
    **_rules(Meaning.CLOCK, _GATE, "10002", "-1", "-1021"),
    **_rules(Meaning.THROTTLED, _NEVER, "10006", "10009", "10018", "10429", "429", "170005", "170222"),
    **_rules(Meaning.UNAVAILABLE, _NEVER, "10016", "10019", "170001", "170031", "170032", "170144", "170191"),
    **_rules(Meaning.TIMED_OUT, _NEVER, "10000", "170007", "170146", "170147"),
    **_rules(Meaning.FUNDS, _OK, "110004", "110007", "110012", "110045", "110052", "170033", "170131"),
    **_rules(Meaning.ORDER_RULE, _OK, "12137", "110003", "110064", "110094", "170105", "170115", "170116", "170117", "170121"),
    **_rules(Meaning.ORDER_RULE, _OK, "170124", "170130", "170132", "170133", "170134", "170135", "170136", "170137", "170140"),
    **_rules(Meaning.ORDER_RULE, _OK, "170148", "170151", "170157", "170159", "170192", "170193", "170194", "170197", "170198"),
    **_rules(Meaning.ORDER_RULE, _OK, "170202", "170210", "170217", "170218", "170227", "170228", "170229", "170371", "170372"),
    **_rules(Meaning.DUPLICATE, _NEVER, "10014", "12141", "110030", "110072", "170141"),
    **_rules(Meaning.NOT_FOUND, _NEVER, "110001", "110008", "110010", "170139", "170142", "170143", "170190", "170213"),
    **_rules(Meaning.REQUEST, _NEVER, "10001", "10017", "subscribe"),
}
"""Unlisted codes are never proof: after a write they mean that the outcome is unknown. The stream names what it refuses
by its operation (`auth`, `subscribe`), because Bybit sends a text there and no code. Busy-server codes, time-outs and
"create order failed" (170149) prove nothing; nor does 10001, which stands for any wrong parameter, an id in use included."""

_BARS: Final = {
    "1m": Bar("1", 60),
    "3m": Bar("3", 180),
    "5m": Bar("5", 300),
    "15m": Bar("15", 900),
    "30m": Bar("30", 1800),
    "1h": Bar("60", 3600),
    "2h": Bar("120", 7200),
    "4h": Bar("240", 14400),
    "6h": Bar("360", 21600),
    "12h": Bar("720", 43200),
    "1d": Bar("D", 86400),
}

_BUDGET: Final = (
    BudgetRule("*", 20, 1.0),
    BudgetRule("*", 240, 60.0),
    BudgetRule("POST v5/order/create", 20, 1.0),
    BudgetRule("POST v5/order/amend", 10, 1.0),
    BudgetRule("POST v5/order/cancel", 20, 1.0),
    BudgetRule("POST v5/order/cancel-batch", 20, 1.0),
    BudgetRule("POST v5/order/disconnected-cancel-all", 5, 1.0),
    BudgetRule("GET v5/order/realtime", 50, 1.0),
    BudgetRule("GET v5/order/history", 50, 1.0),
    BudgetRule("GET v5/execution/list", 50, 1.0),
    BudgetRule("GET v5/account/wallet-balance", 50, 1.0),
    BudgetRule("GET v5/user/query-api", 10, 1.0),
    BudgetRule("*", 600, 5.0, per="address"),
)
"""The house rules of CONTRACT, the published limits per endpoint and user (the orders of a batch count one by one), and
that of all requests of an address."""

_BAN_S: Final = 600.0
_BANS: Final = (Ban(403, "access too frequent", _BAN_S), Ban(None, "10009", _BAN_S), Ban(None, "10018", _BAN_S))
"""Bybit: "terminate all HTTP sessions and wait for at least 10 minutes". A 403 of another kind (a country, a proxy) is none."""

PROFILE: Final = VenueProfile(
    name="bybit_spot",
    ccxt_id="bybit",
    label="bybit",
    credential_fields=("apiKey", "secret"),
    credential_forms={
        "apiKey": SecretForm(SecretAlphabet.ALPHANUMERIC, 18),
        "secret": SecretForm(SecretAlphabet.ALPHANUMERIC, 36),
    },
    codes=CODES,
    not_processed=frozenset(),
    budget=_BUDGET,
    retry=RetryPolicy(attempts=5, base_s=0.15, cap_s=1.5, jitter_s=(0.05, 0.25)),
    client_order_id=ClientOrderIdRule(re.compile(r"[A-Za-z0-9_-]{1,36}")),
    fees=FeeDefaults(maker_bps=10, taker_bps=10),
    sandbox=Sandbox(hosts=frozenset({f"api-testnet.{HOSTNAME}"})),
    dialect=BybitDialect(),
    signer=BybitSigner,
    candle_history=BybitHistory(),
    timeframes=_BARS,
    bans=_BANS,
    switch_needs="Bybit must first have enabled it for the account, and a private stream must ask for dcp.spot",
    order_deadline_s=RECV_WINDOW_MS / 1000 + 3.0,
    least_deadline_s=RECV_WINDOW_MS / 1000,
    absence_lag_s=30.0,
    memory_s=24 * 3600.0,
    fee_table=FEES,
    reject_codes={
        "UNKNOWN_INSTRUMENT": "170121",
        "BELOW_MINIMUM": "170136",
        "ABOVE_MAXIMUM": "170135",
        "NOTIONAL_BELOW_MINIMUM": "170140",
        "PRICE_INVALID": "170133",
        "INSUFFICIENT_FUNDS": "170131",
        "DUPLICATE_ID": "170141",
        "TRIGGER_INVALID": "170130",
        "TIME_IN_FORCE_INVALID": "170115",
        "EXPIRY_INVALID": "170115",
        "AMENDMENT_INVALID": "170130",
        "ORDER_INVALID": "170130",
        "POST_ONLY_WOULD_CROSS": "170218",
    },
    ccxt_options={
        "fetchMarkets": {"types": ["spot"]},
        "defaultType": "spot",
        "enableUnifiedMargin": False,
        "enableUnifiedAccount": True,
        "unifiedMarginStatus": 6,
        "recvWindow": RECV_WINDOW_MS,
        "timeDifference": 0,
    },
)
"""`not_processed` is empty: Bybit's documentation says of 10006 (and of 429 and 10429) that a limit was hit and that one
may try again, nowhere that an order so answered did not reach the engine, and what would follow an error here is a second
order. `fallback_codes` is empty for the same reason: no code is documented as "suspended, and not placed". Such an order is
looked up like any other without a provable answer. `order_deadline_s` covers the receive window
and three seconds for all waits and for writing the attempt down before it is signed; behind the gateway nothing bounds an
order, hence the long lag before its absence is believed (RELIABILITY §4.1)."""
