"""What is told to somebody about an order, and what is written about it for comparison."""

from __future__ import annotations

from typing import Final

from golive.model.alert import AlertSeverity
from golive.model.command import Alert
from golive.model.json import JsonObject
from golive.model.order import Fill

from .life import Life

CATEGORY: Final = "execution"


def alert(severity: AlertSeverity, title: str, body: str) -> Alert:
    return Alert(CATEGORY, severity, title, body)


def unknown_alert(life: Life, detail: str) -> Alert:
    name = life.intent.client_order_id
    body = (
        f"Order {name} of {life.intent.instrument}: {detail or 'no answer'}. It may be at the venue; it is asked about and "
        "never sent again. New orders of the symbol are refused until it is known."
    )
    return Alert(CATEGORY, AlertSeverity.CRITICAL, f"Outcome of order {name} is unknown", body)


def late_fill_alert(life: Life, fill: Fill) -> Alert:
    body = f"{fill.quantity} lots of {fill.instrument} were filled after the order had ended as {life.result}"
    return Alert(CATEGORY, AlertSeverity.CRITICAL, f"Late fill of order {life.intent.client_order_id}", body)


def owed_fills_alert(life: Life) -> Alert:
    instrument = life.venue.instruments[life.intent.instrument]
    told, here = (instrument.quantity_text(lots) for lots in (life.told_filled or 0, life.order.filled))
    body = (
        f"{instrument.id}: its venue says {told} are filled, its trades add up to {here}. The symbol is frozen till they agree."
    )
    return Alert(CATEGORY, AlertSeverity.ERROR, f"Fills of order {life.intent.client_order_id} do not come", body)


def dispute_alert(life: Life, what: str) -> Alert:
    """Name what speaks against the order, and what was done instead of it at another venue."""
    name, done = life.intent.client_order_id, "Its symbol is frozen"
    if life.is_contradicted:
        done = "It is canceled, and its symbol is frozen"
    for other in life.instead():
        there = f"{other.venue.adapter} as order {other.intent.client_order_id} ({other.order.status})"
        done += f". It had gone to {there}: what works of that is canceled as well"
    body = f"Order {name} of {life.intent.instrument}: {what}. {done}; look at it with: golive reconcile"
    return Alert(CATEGORY, AlertSeverity.CRITICAL, f"Order {name} contradicts itself", body)


def subject(life: Life) -> JsonObject:
    """Return what a note about the order's symbol says."""
    return {"subject": str(life.intent.instrument), "client_order_id": life.intent.client_order_id}


def known(life: Life) -> JsonObject:
    """Return what is known of an order, in one form. How a disputed one ended is not: its record tells what was known first."""
    order, fills = life.order, [item for item in life.news if isinstance(item, Fill)]
    return {
        "filled": order.filled,
        "fills": sorted(fill.fill_id.trade_id for fill in fills),
        "is_disputed": bool(life.dispute),
        "price": order.intent.price,
        "quantity": order.intent.quantity,
        "result": None if life.result is None or life.dispute else life.result.value,
        "status": order.status.value,
        "venue_order_id": order.venue_order_id,
    }
