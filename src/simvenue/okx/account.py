"""Account endpoints: currencies, balance, configuration, fees."""

from __future__ import annotations

from collections.abc import Sequence

from ..exchange.text import decimal_text
from . import wire
from .call import Call, market_of
from .code import Json, OkxError

_PERMISSION = {"read": "read_only", "trade": "trade", "withdraw": "withdraw"}


def currencies(call: Call) -> Sequence[Json]:
    wanted = _wanted(call)
    return [wire.currency(asset) for asset in call.account.assets if not wanted or asset in wanted]


def balance(call: Call) -> Sequence[Json]:
    wanted = _wanted(call)
    assets = [asset for asset in call.account.assets if not wanted or asset in wanted]
    return [wire.balance(call.account, assets, call.exchange.now)]


def _wanted(call: Call) -> set[str]:
    wanted = {asset for asset in call.params.get("ccy", "").split(",") if asset}
    if len(wanted) > 20:
        raise OkxError("50025", "ccy")
    return wanted


def config(call: Call) -> Sequence[Json]:
    assert call.key is not None
    return [
        {
            "uid": call.key.account,
            "mainUid": call.key.account,
            "acctLv": "1",
            "acctStpMode": "cancel_maker",
            "posMode": "net_mode",
            "autoLoan": False,
            "greeksType": "PA",
            "level": "Lv1",
            "levelTmp": "",
            "ctIsoMode": "automatic",
            "mgnIsoMode": "automatic",
            "label": "",
            "roleType": "0",
            "kycLv": "3",
            "ip": ",".join(call.key.ip_allowlist),
            "perm": ",".join(_PERMISSION[p] for p in call.key.permissions),
            "type": "0",
        }
    ]


def trade_fee(call: Call) -> Sequence[Json]:
    if call.text("instType") != "SPOT":
        raise OkxError("51000", "instType")
    wanted = call.params.get("instId", "")
    market = market_of(call.exchange, wanted) if wanted else next(iter(call.exchange.markets.values()))
    fees = market.listing.fees
    maker, taker = (decimal_text(-int(rate * 10_000), 8) for rate in (fees.maker_bps, fees.taker_bps))
    return [{"instType": "SPOT", "level": "Lv1", "category": "1", "maker": maker, "taker": taker, "ts": wire.millis(call.wall)}]
