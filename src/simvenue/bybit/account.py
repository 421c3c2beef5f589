"""Account endpoints: the key, the account, balances, fees, coins."""

from __future__ import annotations

from golive.model.json import JsonValue

from ..exchange.market import Market
from ..exchange.text import decimal_text
from . import code, wire
from .call import Call, market_of
from .code import BybitError
from .wire import JsonDict

_UNIFIED_PRO = 6
"""`unifiedMarginStatus` of a unified trading account 2.0 (pro)"""


def query_api(call: Call) -> JsonDict:
    assert call.key is not None
    return wire.api_key(call.key)


def info(call: Call) -> JsonDict:
    return {
        "marginMode": "REGULAR_MARGIN",
        "updatedTime": wire.millis(call.account.updated_at),
        "unifiedMarginStatus": _UNIFIED_PRO,
        "dcpStatus": "ON" if call.account.name in call.venue.windows else "OFF",
        "timeWindow": call.venue.windows.get(call.account.name, 0),
        "smpGroup": 0,
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
    }


def wallet_balance(call: Call) -> JsonDict:
    if call.params.get("accountType") != "UNIFIED":
        raise BybitError(code.PARAMETER, message="accountType only support UNIFIED.")
    wanted = {asset for asset in call.params.get("coin", "").split(",") if asset}
    assets = [asset for asset in call.account.assets if not wanted or asset in wanted]
    return {"list": [wire.wallet(call.account, assets)]}


def fee_rate(call: Call) -> JsonDict:
    if not call.is_spot:
        return {"list": []}
    name = call.params.get("symbol", "")
    markets = [market_of(call.venue, name)] if name else list(call.venue.markets.values())
    return {"category": "spot", "list": [_rates(market) for market in markets]}


def _rates(market: Market) -> JsonDict:
    fees = market.listing.fees
    maker, taker = (decimal_text(int(rate * 10_000), 8) for rate in (fees.maker_bps, fees.taker_bps))
    return {"symbol": wire.name_of(market.listing), "baseCoin": "", "takerFeeRate": taker, "makerFeeRate": maker}


def coins(call: Call) -> JsonDict:
    wanted = call.params.get("coin", "")
    rows: list[JsonValue] = [wire.coin(asset) for asset in call.account.assets if not wanted or asset == wanted]
    return {"rows": rows}
