"""What is particular to Kraken as data: budgets, bars, bans. Sources: VENUES §1, §5–§7; RELIABILITY §1.1; CONTRACT.

The error texts are in `kraken_errors.py`.
"""

from __future__ import annotations

import re
from typing import Final

from golive.matching.book import SelfTrade
from golive.matching.fee import FeeAsset
from golive.model.live_order import FallbackReason
from golive.model.secret import SecretAlphabet, SecretForm

from .kraken_dialect import ENGINE, ENTRIES, PUBLIC, REST, KrakenDialect
from .kraken_errors import CANCEL_ONLY, CODES, NOT_PROCESSED
from .kraken_fees import FEES
from .kraken_history import KrakenHistory
from .kraken_signing import KrakenSigner
from .profile import Ban, Bar, BudgetRule, ClientOrderIdRule, DecayRule, FeeDefaults, RetryPolicy, VenueProfile

_BARS: Final = {
    "1m": Bar("1", 60),
    "5m": Bar("5", 300),
    "15m": Bar("15", 900),
    "30m": Bar("30", 1800),
    "1h": Bar("60", 3600),
    "4h": Bar("240", 14400),
    "1d": Bar("1440", 86400),
}

_BUDGET: Final = (
    BudgetRule("*", 20, 1.0),
    BudgetRule("*", 180, 60.0),
    BudgetRule(PUBLIC, 10, 10.0, per="address"),
    DecayRule(REST, 18, 0.5),
    DecayRule(ENGINE, 120, 2.34),
    DecayRule(ENTRIES, 40, 0.78),
)
"""The house rules of CONTRACT, about one public call per second as published, and Kraken's counters of the Intermediate tier.

REST may reach 20 and loses 0.5 per second, the engine's 125 and 2.34. Ours end lower by more than a second's decay, in
case Kraken takes it off in steps. The engine counts per pair; all pairs are counted together. New and amended orders
may take only a third of the engine's points and of their decay, so that cancels find room.
"""

_LEAST_DEADLINE_S: Final = 2.5
"""Kraken takes no deadline that is less than two seconds ahead; half a second for the way and for clocks"""

LOCKOUT_S: Final = 900.0
"""how long a temporary lockout typically lasts; source: Kraken, *API error codes*"""

PROFILE: Final = VenueProfile(
    name="kraken_spot",
    ccxt_id="kraken",
    label="kraken",
    credential_fields=("apiKey", "secret"),
    credential_forms={
        "apiKey": SecretForm(SecretAlphabet.BASE64, 42),
        "secret": SecretForm(SecretAlphabet.BASE64, 64),
    },
    codes=CODES,
    not_processed=NOT_PROCESSED,
    fallback_codes={CANCEL_ONLY: FallbackReason.MAINTENANCE},
    budget=_BUDGET,
    retry=RetryPolicy(attempts=3, base_s=0.5, cap_s=4.0, jitter_s=(0.0, 0.15), jitter_relative=True),
    client_order_id=ClientOrderIdRule(re.compile(r"[0-9a-f]{32}")),
    fees=FeeDefaults(maker_bps=25, taker_bps=40),
    fee_asset=FeeAsset.QUOTE,
    self_trade=SelfTrade.CANCEL_ARRIVING,
    sandbox=None,
    serial_private=True,
    time_error_ms=500,  # it tells whole seconds
    bans=(Ban(None, "EGeneral:Temporary lockout", LOCKOUT_S),),
    order_deadline_s=_LEAST_DEADLINE_S + 2.5,
    least_deadline_s=_LEAST_DEADLINE_S,
    dialect=KrakenDialect(),
    signer=KrakenSigner,
    trade_history=KrakenHistory({PUBLIC: 1}),
    timeframes=_BARS,
    fee_table=FEES,
    reject_codes={
        "UNKNOWN_INSTRUMENT": "EQuery:Unknown asset pair",
        "BELOW_MINIMUM": "EOrder:Order minimum not met",
        "ABOVE_MAXIMUM": "EGeneral:Invalid arguments:volume",
        "NOTIONAL_BELOW_MINIMUM": "EOrder:Cost minimum not met",
        "PRICE_INVALID": "EOrder:Invalid price",
        "INSUFFICIENT_FUNDS": "EOrder:Insufficient funds",
        "DUPLICATE_ID": "EGeneral:Invalid arguments:cl_ord_id",
        "TRIGGER_INVALID": "EOrder:Invalid price",
        "TIME_IN_FORCE_INVALID": "EGeneral:Invalid arguments:timeinforce",
        "EXPIRY_INVALID": "EGeneral:Invalid arguments:expiretm",
        "AMENDMENT_INVALID": "EGeneral:Invalid arguments",
        "ORDER_INVALID": "EGeneral:Invalid arguments",
        "POST_ONLY_WOULD_CROSS": "EOrder:Post only order",
    },
    ccxt_options={"timeDifference": 0},
)
