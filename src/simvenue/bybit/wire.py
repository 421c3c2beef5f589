"""Markets, accounts and keys of the exchange as the JSON objects Bybit sends; every number is a text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from decimal import Decimal

from golive.model.json import JsonValue
from golive.model.money import format_decimal

from ..exchange.account import Account
from ..exchange.bar import Bar
from ..exchange.candle import Row
from ..exchange.listing import Listing
from ..exchange.market import Market, PublicTrade
from ..exchange.order import Side
from ..exchange.text import decimal_text
from ..keys import ApiKey

JsonDict = dict[str, JsonValue]

MOST_PER_ORDER = 2_000_000
"""`maxOrderAmt` of every pair, whole units of its quote asset"""
LIMIT_RATIO = Decimal("0.05")
"""`priceLimitRatioX`: how far an aggressive limit price may pass the last price"""
SIDES = {Side.BUY: "Buy", Side.SELL: "Sell"}
_MILLION = 1_000_000


def name_of(listing: Listing) -> str:
    """`BTC/USDT` → `BTCUSDT`."""
    return listing.symbol.replace("/", "")


def millis(ns: int) -> str:
    return str(ns // _MILLION)


def user_id(account: str) -> int:
    """Return the UID of an account: eight digits that only depend on its name."""
    return 10_000_000 + int.from_bytes(hashlib.sha256(account.encode()).digest()[:6], "big") % 90_000_000


def instrument(listing: Listing) -> JsonDict:
    grid = listing.instrument
    largest = listing.quantity_text(grid.max_quantity)
    return {
        "symbol": name_of(listing),
        "baseCoin": listing.base,
        "quoteCoin": listing.quote,
        "innovation": "0",
        "symbolType": "",
        "status": "Trading",
        "marginTrading": "none",
        "stTag": "0",
        "lotSizeFilter": {
            "basePrecision": listing.lot_text,
            "quotePrecision": decimal_text(1, grid.quote_scale),
            "minOrderQty": listing.quantity_text(grid.min_quantity),
            "maxOrderQty": largest,
            "minOrderAmt": listing.notional_text(grid.min_notional),
            "maxOrderAmt": str(MOST_PER_ORDER),
            "maxLimitOrderQty": largest,
            "maxMarketOrderQty": largest,
            "postOnlyMaxLimitOrderSize": largest,
        },
        "priceFilter": {"tickSize": listing.tick_text},
        "riskParameters": {"priceLimitRatioX": format_decimal(LIMIT_RATIO), "priceLimitRatioY": format_decimal(LIMIT_RATIO)},
    }


def coin(asset: str) -> JsonDict:
    chain: JsonDict = {
        "chainType": f"{asset} (simulated)",
        "confirmation": "1",
        "withdrawFee": "0",
        "depositMin": "0",
        "withdrawMin": "0",
        "chain": asset,
        "chainDeposit": "0",
        "chainWithdraw": "0",
        "minAccuracy": "8",
        "withdrawPercentageFee": "0",
        "contractAddress": "",
        "safeConfirmNumber": "1",
    }
    return {"name": asset, "coin": asset, "remainAmount": "0", "chains": [chain]}


def day(market: Market, now: int) -> JsonDict:
    """Return the 24-hour fields that REST and the stream share."""
    listing, statistics, last = market.listing, market.day, market.last
    statistics.expire(now)

    def price(ticks: int | None) -> str:
        return "" if ticks is None else listing.price_text(ticks)

    opened = statistics.open
    change = 0 if last is None or not opened else (last.price - opened) * 10_000 // opened
    return {
        "symbol": name_of(listing),
        "lastPrice": price(last.price if last else None),
        "highPrice24h": price(statistics.high),
        "lowPrice24h": price(statistics.low),
        "prevPrice24h": price(opened),
        "volume24h": listing.quantity_text(statistics.volume),
        "turnover24h": listing.notional_text(statistics.notional),
        "price24hPcnt": decimal_text(change, 4),
        "usdIndexPrice": "",
    }


def ticker(market: Market, now: int) -> JsonDict:
    listing, book = market.listing, market.book
    bids, asks = book.levels(Side.BUY, 1), book.levels(Side.SELL, 1)
    return {
        **day(market, now),
        "bid1Price": listing.price_text(bids[0][0]) if bids else "",
        "bid1Size": listing.quantity_text(bids[0][1]) if bids else "",
        "ask1Price": listing.price_text(asks[0][0]) if asks else "",
        "ask1Size": listing.quantity_text(asks[0][1]) if asks else "",
    }


def trade(listing: Listing, item: PublicTrade, sequence: int) -> JsonDict:
    return {
        "execId": str(item.trade_id),
        "symbol": name_of(listing),
        "price": listing.price_text(item.price),
        "size": listing.quantity_text(item.quantity),
        "side": SIDES[item.side],
        "time": millis(item.ts),
        "isBlockTrade": False,
        "isRPITrade": False,
        "seq": str(sequence),
    }


def pushed_trade(listing: Listing, item: PublicTrade, sequence: int) -> JsonDict:
    return {
        "T": item.ts // _MILLION,
        "s": name_of(listing),
        "S": SIDES[item.side],
        "v": listing.quantity_text(item.quantity),
        "p": listing.price_text(item.price),
        "i": str(item.trade_id),
        "BT": False,
        "RPI": False,
        "seq": sequence,
    }


def candle(listing: Listing, row: Row) -> list[str]:
    opened, first, high, low, last, volume, notional = row
    prices = [listing.price_text(ticks) for ticks in (first, high, low, last)]
    return [millis(opened), *prices, listing.quantity_text(volume), listing.notional_text(notional)]


def pushed_candle(listing: Listing, row: Row, interval: str, bar: Bar, now: int, *, closed: bool) -> JsonDict:
    start, first, high, low, last, volume, turnover = candle(listing, row)
    ends = bar.next(row[0])
    return {
        "start": int(start),
        "end": ends // _MILLION - 1,
        "interval": interval,
        "open": first,
        "close": last,
        "high": high,
        "low": low,
        "volume": volume,
        "turnover": turnover,
        "confirm": closed,
        "timestamp": min(now, ends) // _MILLION,
    }


def wallet(account: Account, assets: Iterable[str]) -> JsonDict:
    """The account object of `wallet-balance` and of the `wallet` stream; what has no price in USD is left empty."""
    coins: list[JsonValue] = [_coin_balance(account, asset) for asset in assets if account.total(asset)]
    empty = dict.fromkeys(
        (
            "accountIMRate",
            "accountMMRate",
            "totalEquity",
            "totalWalletBalance",
            "totalMarginBalance",
            "totalAvailableBalance",
            "totalPerpUPL",
            "totalInitialMargin",
            "totalMaintenanceMargin",
            "accountLTV",
        ),
        "",
    )
    return {**empty, "accountType": "UNIFIED", "coin": coins}


def _coin_balance(account: Account, asset: str) -> JsonDict:
    scale = account.scales[asset]
    total = decimal_text(account.total(asset), scale)
    return {
        "coin": asset,
        "equity": total,
        "usdValue": "",
        "walletBalance": total,
        "free": "",
        "locked": decimal_text(account.locked(asset), scale),
        "spotHedgingQty": "0",
        "borrowAmount": "0",
        "availableToWithdraw": "",
        "accruedInterest": "0",
        "totalOrderIM": "0",
        "totalPositionIM": "0",
        "totalPositionMM": "0",
        "unrealisedPnl": "0",
        "cumRealisedPnl": "0",
        "bonus": "0",
        "marginCollateral": True,
        "collateralSwitch": True,
    }


def api_key(key: ApiKey) -> JsonDict:
    """What `user/query-api` says of a key. A read-only key keeps the names of what it may read; `readOnly` is binding."""
    withdraws = "withdraw" in key.permissions
    groups = ("ContractTrade", "Options", "Derivatives", "CopyTrading", "BlockTrade", "Exchange", "NFT", "Affiliate", "Earn")
    permissions: JsonDict = {name: [] for name in groups}
    permissions["Spot"] = ["SpotTrade"]
    permissions["Wallet"] = ["AccountTransfer", "SubMemberTransfer", "Withdraw"] if withdraws else []
    return {
        "id": str(user_id(key.api_key)),
        "note": "simulated",
        "apiKey": key.api_key,
        "readOnly": 0 if "trade" in key.permissions else 1,
        "secret": "",
        "permissions": permissions,
        "ips": list(key.ip_allowlist) or ["*"],
        "type": 1,
        "deadlineDay": 0,
        "expiredAt": key.expires_at or "1970-01-01T00:00:00Z",
        "createdAt": "1970-01-01T00:00:00Z",
        "unified": 0,
        "uta": 1,
        "userID": user_id(key.account),
        "inviterID": 0,
        "vipLevel": "No VIP",
        "mktMakerLevel": "0",
        "affiliateID": 0,
        "rsaPublicKey": "",
        "isMaster": True,
        "parentUid": "0",
        "kycLevel": "LEVEL_DEFAULT",
        "kycRegion": "",
    }
