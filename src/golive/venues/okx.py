"""What is particular to OKX as data: codes, budgets, bars. Sources: VENUES §1, §5–§7; RELIABILITY §1.1; CONTRACT."""

from __future__ import annotations

import re
from typing import Final

from golive.model.live_order import FallbackReason
from golive.model.secret import SecretAlphabet, SecretForm

from .meaning import CodeRule, Meaning
from .okx_dialect import OkxDialect
from .okx_fees import FEES
from .okx_history import OkxHistory
from .okx_signing import OkxSigner
from .profile import Bar, BudgetRule, ClientOrderIdRule, FeeDefaults, RetryPolicy, Sandbox, VenueProfile

_CLIENT_FAULT = frozenset({200, 400, 401, 403})
_THROTTLE = frozenset({200, 429})


def _rules(meaning: Meaning, http: frozenset[int], *codes: str) -> dict[str, CodeRule]:
    return {code: CodeRule(meaning, http) for code in codes}


CODES: Final = {
    **_rules(Meaning.AUTHENTICATION, _CLIENT_FAULT, "50101", "50103", "50104", "50105", "50106", "50107"),
    **_rules(Meaning.AUTHENTICATION, _CLIENT_FAULT, "50111", "50112", "50113", "50114", "50119", "60005", "60007", "60009"),
    **_rules(Meaning.PERMISSION, _CLIENT_FAULT, "50007", "50009", "50027", "50030", "50035", "50100", "50110", "50120"),
    **_rules(Meaning.CLOCK, _CLIENT_FAULT, "50102", "60006"),
    **_rules(Meaning.THROTTLED, _THROTTLE, "50011", "50040", "50061", "60014"),
    **_rules(Meaning.UNAVAILABLE, frozenset(), "50001", "50005", "50013", "50026"),
    **_rules(Meaning.TIMED_OUT, frozenset(), "50004", "51149"),
    **_rules(Meaning.FUNDS, frozenset({200}), "51008", "51119", "51127", "51131"),
    **_rules(Meaning.ORDER_RULE, frozenset({200, 400}), "51000", "51001", "51006", "51020", "51121", "51137", "51138", "51204"),
    **_rules(Meaning.ORDER_RULE, frozenset({200}), "51116", "51120", "51136", "51201", "51202", "51203"),
    **_rules(Meaning.HALTED, frozenset({200}), "51021", "51022"),
    **_rules(Meaning.DUPLICATE, frozenset(), "51016"),
    **_rules(Meaning.NOT_FOUND, frozenset(), "51400", "51401", "51402", "51503", "51509", "51603"),
    **_rules(Meaning.REQUEST, frozenset(), "60012", "60018"),
}
"""Unlisted codes are never proof: after a write they mean that the outcome is unknown. 50013 comes with HTTP 429 and
says "system busy": it is counted by its status, see `judge`. 51021 (to be listed) and 51022 (suspended) refuse the row of
this one order because its instrument does not trade; 50001 (upgrading, HTTP 503) comes from before the engine and behind a
gateway that may have passed the order on."""

_BARS: Final = {
    "1s": Bar("1s", 1),
    "1m": Bar("1m", 60),
    "3m": Bar("3m", 180),
    "5m": Bar("5m", 300),
    "15m": Bar("15m", 900),
    "30m": Bar("30m", 1800),
    "1h": Bar("1H", 3600),
    "2h": Bar("2H", 7200),
    "4h": Bar("4H", 14400),
    "6h": Bar("6Hutc", 21600),
    "12h": Bar("12Hutc", 43200),
    "1d": Bar("1Dutc", 86400),
}

_BUDGET: Final = (
    BudgetRule("*", 30, 1.0),
    BudgetRule("*", 300, 60.0),
    BudgetRule("POST trade/order", 60, 2.0),
    BudgetRule("POST trade/cancel-order", 60, 2.0),
    BudgetRule("GET trade/order", 60, 2.0),
    BudgetRule("GET trade/orders-pending", 60, 2.0),
    BudgetRule("GET trade/orders-history", 40, 2.0),
    BudgetRule("GET trade/fills-history", 10, 2.0),
    BudgetRule("GET account/balance", 10, 2.0),
    BudgetRule("GET account/config", 5, 2.0),
    BudgetRule("GET public/instruments", 20, 2.0, per="address"),
    BudgetRule("GET public/time", 10, 2.0, per="address"),
    BudgetRule("GET market/books", 40, 2.0, per="address"),
    BudgetRule("GET market/candles", 40, 2.0, per="address"),
    BudgetRule("GET market/history-candles", 20, 2.0, per="address"),
)
"""The house rules of CONTRACT and the published limits per endpoint; where OKX counts per instrument, we count all."""

PROFILE: Final = VenueProfile(
    name="okx_spot",
    ccxt_id="okx",
    label="okx",
    credential_fields=("apiKey", "secret", "password"),
    credential_forms={
        "apiKey": SecretForm(SecretAlphabet.UUID, 36),
        "secret": SecretForm(SecretAlphabet.HEX_UPPER, 32),
        "password": SecretForm(SecretAlphabet.PASSPHRASE, 26),
    },
    codes=CODES,
    not_processed=frozenset({"50011"}),
    fallback_codes=dict.fromkeys(("51021", "51022"), FallbackReason.SYMBOL_HALTED),
    budget=_BUDGET,
    retry=RetryPolicy(attempts=5, base_s=0.2, cap_s=2.0, jitter_s=(0.05, 0.3)),
    client_order_id=ClientOrderIdRule(re.compile(r"[A-Za-z0-9]{1,32}")),
    fees=FeeDefaults(maker_bps=8, taker_bps=10),
    sandbox=Sandbox("x-simulated-trading", "1"),
    dialect=OkxDialect(),
    signer=OkxSigner,
    candle_history=OkxHistory(),
    memory_s=2 * 3600.0,
    timeframes=_BARS,
    fee_table=FEES,
    reject_codes={
        "UNKNOWN_INSTRUMENT": "51001",
        "BELOW_MINIMUM": "51020",
        "ABOVE_MAXIMUM": "51202",
        "NOTIONAL_BELOW_MINIMUM": "51020",
        "PRICE_INVALID": "51006",
        "INSUFFICIENT_FUNDS": "51008",
        "DUPLICATE_ID": "51016",
        "TRIGGER_INVALID": "51116",
        "TIME_IN_FORCE_INVALID": "51000",
        "EXPIRY_INVALID": "51000",
        "AMENDMENT_INVALID": "51000",
        "ORDER_INVALID": "51000",
    },
    ccxt_options={"fetchMarkets": {"types": ["spot"]}, "timeDifference": 0},
)
