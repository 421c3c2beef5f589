"""What an order request says, read and judged as Kraken does before its engine sees it; nothing is placed here."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..exchange.exchange import OrderRequest
from ..exchange.market import Market
from ..exchange.order import OrderType, SelfTrade, Side, TimeInForce
from ..exchange.refusal import Reason, Refusal
from ..face.mode import Mode
from . import wire
from .call import Call, Params, moment, text_of
from .code import DEADLINE_ELAPSED, INVALID_ARGUMENTS, TEXTS, KrakenError, translated
from .name import pair_altname
from .number import Grid, grid_of

_CLIENT_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}|[!-~]{1,18}")
_USERREF = re.compile(r"-?\d{1,10}", re.ASCII)
_INT32 = 1 << 31
_FLAGS = frozenset({"post", "fciq", "viqc", "nompp"})
_NOT_OFFERED = ("price2", "displayvol", "leverage", "close", "close[ordertype]", "trigger", "reduce_only")
_NEUTRAL = frozenset({"", "0", "none", "false", "False"})
_SELF_TRADE: Mapping[str, SelfTrade] = {
    "cancel-newest": SelfTrade.CANCEL_ARRIVING,
    "cancel-oldest": SelfTrade.CANCEL_RESTING,
    "cancel-both": SelfTrade.CANCEL_BOTH,
}
"""what `stptype` may be"""
_DEADLINE_NS = (2 * wire.SECOND, 60 * wire.SECOND)
_MAX_EXPIRY_NS = 30 * 86_400 * wire.SECOND
_TIMES_IN_FORCE: Mapping[str, TimeInForce] = {
    "": TimeInForce.GTC,
    "GTC": TimeInForce.GTC,
    "GTD": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
}


def require_in_time(call: Call) -> None:
    """Check `deadline`: between two and sixty seconds from its arrival; one that is past has elapsed on the way here."""
    text = call.text("deadline")
    if not text:
        return
    left = moment(text, "deadline") - call.wall
    if left <= 0:
        raise KrakenError(DEADLINE_ELAPSED)
    least, most = (bound // call.time_scale for bound in _DEADLINE_NS)
    if not least <= left + call.waited <= most:
        raise KrakenError(INVALID_ARGUMENTS, "deadline")


def read(call: Call, market: Market, params: Params) -> OrderRequest:
    """Read one order of AddOrder or of a batch; KrakenError names the field."""
    kind = _choice(params, "ordertype", ("market", "limit"))
    flags = _flags(params)
    _refuse_what_is_not_offered(params)
    order_type = OrderType(kind)
    price = text_of(params, "price")
    if order_type is OrderType.LIMIT and not price:
        raise KrakenError(INVALID_ARGUMENTS, "price")
    side = Side(_choice(params, "type", ("buy", "sell")))
    in_quote = "viqc" in flags
    if in_quote and (order_type is not OrderType.MARKET or side is not Side.BUY):
        raise KrakenError(INVALID_ARGUMENTS, "oflags")  # volume in quote: market buys only
    return OrderRequest(
        account=call.account.name,
        symbol=market.listing.symbol,
        side=side,
        type=order_type,
        time_in_force=_time_in_force(params, order_type, flags),
        size=_required(params, "volume"),
        size_in_quote=in_quote,
        price=price if order_type is OrderType.LIMIT else "",
        client_id=_client_id(params),
        tag=_userref(params),
        expires_at=_expiry(call, params),
        self_trade=_self_trade(params),
    )


def validate(call: Call, market: Market, request: OrderRequest) -> str:
    """Judge everything that needs no engine; return the sentence that describes the order."""
    listing, grid = market.listing, grid_of(market.listing)
    _require_mode(call.exchange.mode, request)
    try:
        price = None if request.type is OrderType.MARKET else read_price(grid, request.price)
        if request.size_in_quote:
            text = grid.cost(listing.read_quote(request.size))
        else:
            text = grid.quantity(listing.read_quantity(request.size))
    except Refusal as refusal:
        raise translated(refusal) from refusal
    return wire.sentence(grid, request.side, request.type, price, text)


def read_price(grid: Grid, text: str) -> int:
    """Read a limit price; more decimals than the pair has are named in Kraken's words. Refusal otherwise."""
    if text[:1] in "+-#" or text.endswith("%"):
        raise KrakenError(INVALID_ARGUMENTS, "price")  # relative prices are not offered
    try:
        return grid.listing.read_price(text)
    except Refusal as refusal:
        if refusal.reason is Reason.PRICE_OFF_GRID and grid.decimals_in(text) > grid.pair_decimals:
            name = pair_altname(grid.listing.symbol)
            said = f"{name} price can only be specified up to {grid.pair_decimals} decimals."
            raise KrakenError(TEXTS[Reason.PRICE_OUT_OF_RANGE], said) from refusal
        raise


def would_take(market: Market, side: Side, price: int) -> bool:
    """Say whether a limit order at `price` would match at once."""
    best = market.book.best(Side.SELL if side is Side.BUY else Side.BUY)
    return best is not None and (best - price) * side.sign <= 0


def _require_mode(mode: Mode, request: OrderRequest) -> None:
    refused = {
        Mode.CANCEL_ONLY: Reason.MODE_CANCEL_ONLY,
        Mode.POST_ONLY: Reason.MODE_POST_ONLY if request.time_in_force is not TimeInForce.POST_ONLY else None,
        Mode.LIMIT_ONLY: Reason.MODE_LIMIT_ONLY if request.type is OrderType.MARKET else None,
    }.get(mode)
    if refused is not None:
        raise KrakenError(TEXTS[refused])


def _refuse_what_is_not_offered(params: Params) -> None:
    """Refuse what would change an order's meaning and is not simulated, rather than overlook it."""
    for name in _NOT_OFFERED:
        value = params.get(name)
        if value is not None and str(value) not in _NEUTRAL:
            raise KrakenError(INVALID_ARGUMENTS, name)
    if str(params.get("starttm") or "0") not in ("0", "+0"):
        raise KrakenError(INVALID_ARGUMENTS, "starttm")


def _flags(params: Params) -> frozenset[str]:
    """Read `oflags`. `fcib` is refused: every fee is charged in quote here."""
    flags = frozenset(flag.strip() for flag in text_of(params, "oflags").split(",") if flag.strip())
    if not flags <= _FLAGS:
        raise KrakenError(INVALID_ARGUMENTS, "oflags")
    return flags


def _time_in_force(params: Params, kind: OrderType, flags: frozenset[str]) -> TimeInForce:
    name = text_of(params, "timeinforce").upper()
    found = _TIMES_IN_FORCE.get(name)
    if found is None or (name == "GTD") != bool(text_of(params, "expiretm") not in ("", "0")):
        raise KrakenError(INVALID_ARGUMENTS, "timeinforce" if found is None else "expiretm")
    if kind is OrderType.MARKET:
        if "post" in flags or name == "GTD":
            raise KrakenError(INVALID_ARGUMENTS, "oflags" if "post" in flags else "timeinforce")
        return TimeInForce.IOC
    if "post" in flags:
        if found is not TimeInForce.GTC:
            raise KrakenError(INVALID_ARGUMENTS, "oflags")
        return TimeInForce.POST_ONLY
    return found


def _expiry(call: Call, params: Params) -> int | None:
    """Read `expiretm`: `+n` seconds from now or a unix time, at most a month ahead; wall clock, ns."""
    text = text_of(params, "expiretm")
    if text in ("", "0"):
        return None
    if not re.fullmatch(r"\+?\d{1,11}", text, re.ASCII):
        raise KrakenError(INVALID_ARGUMENTS, "expiretm")
    at = call.wall + int(text) * wire.SECOND if text[0] == "+" else int(text) * wire.SECOND
    if not call.wall < at <= call.wall + _MAX_EXPIRY_NS:
        raise KrakenError(INVALID_ARGUMENTS, "expiretm")
    return at


def _client_id(params: Params) -> str:
    text = text_of(params, "cl_ord_id")
    if not text:
        return ""
    if text_of(params, "userref") not in ("", "0"):
        raise KrakenError(INVALID_ARGUMENTS, "cl_ord_id and userref exclude each other")
    if not _CLIENT_ID.fullmatch(text):
        raise KrakenError(TEXTS[Reason.CLIENT_ID_MALFORMED])
    return text


def _userref(params: Params) -> str:
    text = text_of(params, "userref")
    if text and not (_USERREF.fullmatch(text) and -_INT32 <= int(text) < _INT32):
        raise KrakenError(INVALID_ARGUMENTS, "userref")
    return str(int(text)) if text else ""


def _self_trade(params: Params) -> SelfTrade:
    found = _SELF_TRADE.get(text_of(params, "stptype") or "cancel-newest")
    if found is None:
        raise KrakenError(INVALID_ARGUMENTS, "stptype")
    return found


def _choice(params: Params, name: str, allowed: tuple[str, ...]) -> str:
    value = text_of(params, name)
    if value not in allowed:
        raise KrakenError(INVALID_ARGUMENTS, name)
    return value


def _required(params: Params, name: str) -> str:
    value = text_of(params, name)
    if not value:
        raise KrakenError(INVALID_ARGUMENTS, name)
    return value
