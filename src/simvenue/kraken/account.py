"""Account methods: balances, fees, the key itself, tokens for WebSocket sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from golive.model.clock import from_iso

from . import wire
from .auth import TOKEN_S, Tokens
from .call import Call
from .code import Json
from .name import asset_id, pair_id
from .number import fixed

PERMISSIONS: Mapping[str, Sequence[str]] = {
    "read": ("query-funds", "query-open-trades", "query-closed-trades"),
    "trade": ("modify-trades", "close-trades"),
    "withdraw": ("withdraw-funds",),
}
"""What a key's permissions are called. Kraken's page shows `query-funds`, `withdraw-funds`, `query-open-trades` and
`modify-trades`; the other two follow their pattern."""


def balance(call: Call) -> Json:
    account = call.account
    return {asset_id(asset): fixed(account.total(asset), account.scales[asset]) for asset in account.assets}


def balance_ex(call: Call) -> Json:
    account = call.account
    return {
        asset_id(asset): {
            "balance": fixed(account.total(asset), account.scales[asset]),
            "hold_trade": fixed(account.locked(asset), account.scales[asset]),
        }
        for asset in account.assets
    }


def trade_volume(call: Call) -> Json:
    """The account's rates in percent. Volume tiers are not simulated: the volume is none and no tier follows."""
    made: dict[str, Json] = {"currency": "ZUSD", "volume": "0.0000"}
    pairs = [name for name in call.text("pair").split(",") if name]
    markets = [call.market_of(name) for name in pairs]
    if markets:
        made["fees"] = {pair_id(m.listing.symbol): _fee(wire.percent_text(m.listing.fees.taker_bps)) for m in markets}
        made["fees_maker"] = {pair_id(m.listing.symbol): _fee(wire.percent_text(m.listing.fees.maker_bps)) for m in markets}
    return made


def _fee(rate: str) -> Json:
    return {"fee": rate, "minfee": rate, "maxfee": rate, "nextfee": None, "nextvolume": None, "tiervolume": "0.0000"}


def api_key_info(call: Call) -> Json:
    """Describe the key that asks. Source: Kraken documentation, "Get API Key Info" (names of the fields)."""
    key = call.key
    assert key is not None
    valid_until = 0 if key.expires_at is None else from_iso(key.expires_at) // wire.SECOND
    return {
        "apiKeyName": f"simulated {key.account}",
        "apiKey": key.api_key,
        "nonce": str(call.nonce),
        "nonceWindow": 0,
        "permissions": [name for permission in key.permissions for name in PERMISSIONS[permission]],
        "iban": "",
        "validUntil": str(valid_until),
        "queryFrom": "0",
        "queryTo": "0",
        "createdTime": "0",
        "modifiedTime": "0",
        "ipAllowlist": list(key.ip_allowlist),
        "lastUsed": str(call.wall // wire.SECOND),
    }


def websockets_token(call: Call, tokens: Tokens) -> Json:
    assert call.key is not None
    return {"token": tokens.make(call.key, call.wall), "expires": TOKEN_S}
