"""The exchange: takes orders of accounts to markets, settles what matches, keeps every order it ever accepted."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import ParamSpec

from golive.matching.book import ANONYMOUS, BookOrder, Execution, Placement
from golive.model.clock import Clock
from golive.model.json import JsonObject

from ..face.mode import Mode
from .account import Account
from .listing import Listing
from .market import Market, Update
from .market_order import takes_now
from .operation import amend_row, cancel_all_row, cancel_row, expire_row, place_row, switch_row
from .order import Ended, Liquidity, OrderRequest, OrderType, SelfTrade, State, TimeInForce, VenueFill, VenueOrder
from .refusal import Reason, Refusal
from .settlement import lock, require_notional, settle
from .timer import Timers

__all__ = ["Exchange", "OrderRequest"]

_FIRST_ORDER_ID = 1_100_000_000_000_000_001
_MAX_ID_DIGITS = 20
_P = ParamSpec("_P")


class Exchange:
    """All markets, accounts and orders. `listeners` hear of every order whose state, fills or terms changed.

    With `client_ids_unique_for_ever` a client id is never accepted twice from one account, else not twice among its
    working orders. `mode` is what the venue lets orders do at present; `maintenance` is the dialect's to refuse.
    """

    def __init__(
        self,
        markets: Sequence[Market],
        accounts: Mapping[str, Account],
        clock: Clock,
        *,
        client_ids_unique_for_ever: bool = False,
    ) -> None:
        self.markets = {market.listing.symbol: market for market in markets}
        self.accounts = dict(accounts)
        self.orders: dict[int, VenueOrder] = {}
        self.now = 0
        """market clock, ns UTC"""
        self.listeners: list[Callable[[VenueOrder, VenueFill | None], None]] = []
        self.on_operation: Callable[[JsonObject], None] | None = None
        """hears of every operation that changed something, before its answer is given"""
        self.mode = Mode.ONLINE
        self.operations = 0
        """attempts to place, amend or cancel so far"""
        self.client_ids_unique_for_ever = client_ids_unique_for_ever
        self._timers = Timers()
        self._clock = clock
        self._next_order_id = _FIRST_ORDER_ID
        self._next_bill_id = 1
        self._working: dict[str, dict[int, VenueOrder]] = {name: {} for name in accounts}
        self._accepted: dict[str, list[VenueOrder]] = {name: [] for name in accounts}
        """all orders of each account, oldest first"""
        self._filled: dict[str, list[tuple[VenueOrder, VenueFill]]] = {name: [] for name in accounts}
        """all fills of each account, oldest first"""
        self._by_client_id: dict[tuple[str, str], int] = {}
        """the latest order of each client id"""
        self._loses_cancel: Callable[[], bool] = lambda: False
        self._hidden: dict[int, int] = {}
        """order id → wall time, ns, before which no list shows it"""

    # ── the market moves ────────────────────────────────────────────────────────────────────────────────────────

    def advance(self, ts: int, updates: Mapping[str, Update]) -> None:
        """Move the market clock to `ts` and the named markets by their updates."""
        self.now = max(self.now, ts)
        for symbol, update in updates.items():
            market = self.markets[symbol]
            for execution in market.apply(update):
                self._settle_passive(market, execution)

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────

    def market(self, symbol: str) -> Market:
        market = self.markets.get(symbol)
        if market is None:
            raise Refusal(Reason.UNKNOWN_INSTRUMENT, symbol)
        return market

    def working(self, account: str) -> list[VenueOrder]:
        """Return the account's working orders, newest first."""
        return sorted(filter(self._is_listed, self._working[account].values()), key=lambda o: -o.order_id)

    def history(self, account: str, older_than: int | None = None) -> Iterator[VenueOrder]:
        """Yield all orders of the account, newest first; those with a lower id than `older_than` alone."""
        orders = self._accepted[account]
        end = len(orders) if older_than is None else bisect_left(orders, older_than, key=lambda order: order.order_id)
        return (orders[n] for n in range(end - 1, -1, -1) if self._is_listed(orders[n]))

    def fills(self, account: str, older_than: int | None = None) -> Iterator[tuple[VenueOrder, VenueFill]]:
        """Yield all fills of the account, newest first; those with a lower bill id than `older_than` alone."""
        pairs = self._filled[account]
        end = len(pairs) if older_than is None else bisect_left(pairs, older_than, key=lambda pair: pair[1].bill_id)
        return (pairs[n] for n in range(end - 1, -1, -1) if self._is_listed(pairs[n][0]))

    def find(self, account: str, symbol: str | None, order_id: str, client_id: str) -> VenueOrder:
        """Return the account's order by venue id, else the latest with the client id; Refusal ORDER_NOT_FOUND.

        With a `symbol` the order must be of that market.
        """
        if order_id:
            known = order_id.isascii() and order_id.isdigit() and len(order_id) <= _MAX_ID_DIGITS
            found = self.orders.get(int(order_id)) if known else None
        else:
            found = self.find_client(account, client_id)
        if found is None or not self._is_listed(found) or found.account != account or symbol not in (None, found.listing.symbol):
            raise Refusal(Reason.ORDER_NOT_FOUND, order_id or client_id)
        return found

    def hide(self, first: int, until_wall: int) -> None:
        """Keep the orders placed after the first `first` ones out of every list and look-up until wall time `until_wall` (ns)."""
        self._hidden |= dict.fromkeys(islice(reversed(self.orders), len(self.orders) - first), until_wall)

    def _is_listed(self, order: VenueOrder) -> bool:
        return order.order_id not in self._hidden or self._clock.now() >= self._hidden[order.order_id]

    def find_client(self, account: str, client_id: str) -> VenueOrder | None:
        """Return the account's latest order with this client id, working or not."""
        latest = self._by_client_id.get((account, client_id))
        return None if latest is None else self.orders[latest]

    # ── placing ─────────────────────────────────────────────────────────────────────────────────────────────────

    def place(self, request: OrderRequest) -> VenueOrder:
        """Check, accept and match an order; Refusal leaves everything as it was."""
        self.operations += 1
        market = self.market(request.symbol)
        account = self.accounts[request.account]
        self._require_mode(request.type, request.time_in_force)
        self._require_fresh_client_id(request)
        price = market.listing.read_price(request.price) if request.type is OrderType.LIMIT else None
        if request.size_in_quote:
            budget, lots = market.listing.read_quote(request.size), 0
        else:
            budget, lots = None, market.listing.read_quantity(request.size)
        order = self._draft(market.listing, request, price, lots, budget)
        if order.type is OrderType.MARKET:
            takes = takes_now(market, account, order)
            self._accept(order)
            self._walk(market, order, takes)
        else:
            assert price is not None
            require_notional(market.listing, price, lots)
            lock(account, order, lots, price)
            self._accept(order)
            self._submit(market, order, lots, order.time_in_force)
        self._note(place_row, request, order)
        return order

    def _require_fresh_client_id(self, request: OrderRequest) -> None:
        latest = self.find_client(request.account, request.client_id) if request.client_id else None
        if latest is not None and (self.client_ids_unique_for_ever or latest.is_working):
            raise Refusal(Reason.CLIENT_ID_DUPLICATE, request.client_id)

    def _require_mode(self, kind: OrderType, time_in_force: TimeInForce) -> None:
        if self.mode is Mode.CANCEL_ONLY:
            raise Refusal(Reason.MODE_CANCEL_ONLY)
        if self.mode is Mode.POST_ONLY and time_in_force is not TimeInForce.POST_ONLY:
            raise Refusal(Reason.MODE_POST_ONLY)
        if self.mode is Mode.LIMIT_ONLY and kind is OrderType.MARKET:
            raise Refusal(Reason.MODE_LIMIT_ONLY)

    def _draft(self, listing: Listing, request: OrderRequest, price: int | None, lots: int, budget: int | None) -> VenueOrder:
        return VenueOrder(
            order_id=self._next_order_id,
            account=request.account,
            listing=listing,
            client_id=request.client_id,
            tag=request.tag,
            side=request.side,
            type=request.type,
            time_in_force=request.time_in_force,
            price=price,
            quantity=lots,
            quote_budget=budget,
            size_text=request.size,
            created_at=self.now,
            updated_at=self.now,
            wall_updated_at=self._clock.now(),
            expires_at=request.expires_at,
            self_trade=request.self_trade,
        )

    def _accept(self, order: VenueOrder) -> None:
        self._next_order_id += 1
        self.orders[order.order_id] = order
        self._accepted[order.account].append(order)
        self._working[order.account][order.order_id] = order
        if order.client_id:
            self._by_client_id[(order.account, order.client_id)] = order.order_id
        if order.expires_at is not None:
            self._timers.add_expiry(order.expires_at, order.order_id)
        self._tell(order, None)

    def _walk(self, market: Market, order: VenueOrder, lots: int) -> None:
        if order.quote_budget is not None:
            order.quantity = lots
        elif order.self_trade in (SelfTrade.CANCEL_ARRIVING, SelfTrade.CANCEL_BOTH):
            lots = order.quantity  # no more than planned is met: it ends where one of its own account stands
        entry = BookOrder(order.order_id, order.account, order.side, None, lots)
        placement = market.book.submit(entry, TimeInForce.IOC, order.self_trade)
        self._settle_placement(market, order, placement)
        if order.filled < order.quantity:
            self._end(order, Ended.SELF_TRADE if placement.stopped else Ended.NOT_AT_ONCE)

    def _submit(self, market: Market, order: VenueOrder, lots: int, time_in_force: TimeInForce) -> None:
        entry = BookOrder(order.order_id, order.account, order.side, order.price, lots)
        placement = market.book.submit(entry, time_in_force, order.self_trade)
        self._settle_placement(market, order, placement)
        if placement.stopped:
            self._end(order, Ended.SELF_TRADE)
        elif not placement.rests and order.is_working:
            reasons = {TimeInForce.POST_ONLY: Ended.POST_ONLY, TimeInForce.FOK: Ended.NOT_WHOLE}
            self._end(order, reasons.get(time_in_force, Ended.NOT_AT_ONCE))

    # ── changing and canceling ──────────────────────────────────────────────────────────────────────────────────

    def cancel(self, order: VenueOrder) -> None:
        """Cancel a working order; Refusal ORDER_FILLED or ORDER_CANCELED for a finished one."""
        self.operations += 1
        self._require_working(order)
        if self._loses_cancel():
            return
        self._take_out(order, Ended.USER)
        self._note(cancel_row, order)

    @contextmanager
    def canceling(self, is_lost: Callable[[], bool]) -> Iterator[None]:
        """Ask `is_lost` of each order that is canceled meanwhile; one that is lost is answered as done and goes on working."""
        before, self._loses_cancel = self._loses_cancel, is_lost
        try:
            yield
        finally:
            self._loses_cancel = before

    def cancel_all(self, account: str, symbol: str | None = None) -> list[VenueOrder]:
        """Cancel every working order of the account (in one market), oldest first, and return them."""
        self.operations += 1
        canceled = self._cancel_working(account, symbol, Ended.USER)
        if canceled:
            self._note(cancel_all_row, account, symbol)
        return canceled

    def arm_switch(self, account: str, at_wall: int | None, symbol: str | None = None) -> None:
        """Have the account's working orders (of one market) canceled at wall time `at_wall` (ns); None disarms."""
        self._timers.arm(account, symbol, at_wall)
        self._note(switch_row, account, symbol, at_wall)

    def switch_at(self, account: str, symbol: str | None = None) -> int | None:
        """Return when the dead-man's switch of an account (and market) will act, wall ns; None when it is not armed."""
        return self._timers.armed(account, symbol)

    def expire(self, wall: int) -> list[VenueOrder]:
        """Cancel what has come to its time at wall clock `wall` (ns): orders with an expiry, accounts with an armed switch."""
        ended: list[VenueOrder] = []
        if not self._timers.is_due(wall):
            return ended
        for order_id in self._timers.take_expired(wall):
            order = self.orders[order_id]
            if order.is_working:
                self._take_out(order, Ended.EXPIRED)
                ended.append(order)
        for account, symbol in self._timers.take_switches(wall):
            ended += self._cancel_working(account, symbol, Ended.SWITCH)
        self._note(expire_row, wall)
        return ended

    def _cancel_working(self, account: str, symbol: str | None, reason: Ended) -> list[VenueOrder]:
        orders = [o for o in self._working[account].values() if symbol is None or o.listing.symbol == symbol]
        for order in orders:
            self._take_out(order, reason)
        return orders

    def _take_out(self, order: VenueOrder, reason: Ended) -> None:
        self.market(order.listing.symbol).book.cancel(order.order_id)
        self._end(order, reason)

    def amend(self, order: VenueOrder, size: str, price: str) -> None:
        """Change size (including what is filled) and price of a working limit order.

        A smaller size keeps the place in the queue; a larger one or another price goes to its end and may match. A size
        not above what is filled finishes the order.
        """
        self.operations += 1
        self._require_working(order)
        self._require_mode(order.type, order.time_in_force)
        if not size and not price:
            raise Refusal(Reason.NOTHING_TO_CHANGE)
        market = self.market(order.listing.symbol)
        account = self.accounts[order.account]
        new_price = order.listing.read_price(price) if price else order.price
        new_lots = order.listing.read_quantity(size) if size else order.quantity
        assert new_price is not None
        remaining = max(0, new_lots - order.filled)
        if remaining:
            require_notional(order.listing, new_price, new_lots)
        lock(account, order, remaining, new_price)
        keeps_place = new_price == order.price and new_lots <= order.quantity
        order.size_text = size or order.size_text
        order.price, order.quantity = new_price, max(new_lots, order.filled)
        self._touch(order)
        if remaining == 0:
            market.book.cancel(order.order_id)
            self._finish(order, State.FILLED)
        elif keeps_place:
            market.book.reduce(order.order_id, remaining)
            self._tell(order, None)
        else:
            market.book.cancel(order.order_id)
            self._tell(order, None)
            self._submit(market, order, remaining, order.time_in_force)
        self._note(amend_row, order, size, price)

    def _require_working(self, order: VenueOrder) -> None:
        if order.state is State.FILLED:
            raise Refusal(Reason.ORDER_FILLED, str(order.order_id))
        if order.state is State.CANCELED:
            raise Refusal(Reason.ORDER_CANCELED, str(order.order_id))

    # ── settling ────────────────────────────────────────────────────────────────────────────────────────────────

    def _settle_placement(self, market: Market, order: VenueOrder, placement: Placement) -> None:
        for execution in placement.executions:
            trade_id = market.record_trade(self.now, execution.price, execution.quantity, execution.side)
            self._fill(order, execution, trade_id, Liquidity.TAKER)
            if execution.maker_id != ANONYMOUS:
                self._fill(self.orders[execution.maker_id], execution, trade_id, Liquidity.MAKER)
        for entry in placement.self_canceled:
            self._end(self.orders[entry.order_id], Ended.SELF_TRADE)

    def _settle_passive(self, market: Market, execution: Execution) -> None:
        self._fill(self.orders[execution.maker_id], execution, market.next_trade_id(), Liquidity.MAKER)

    def _fill(self, order: VenueOrder, execution: Execution, trade_id: int, liquidity: Liquidity) -> None:
        fill = settle(self.accounts[order.account], order, execution, liquidity, trade_id, self._next_bill_id, self.now)
        self._next_bill_id += 1
        self._filled[order.account].append((order, fill))
        self._touch(order)
        if order.filled == order.quantity:
            self._finish(order, State.FILLED, fill)
        else:
            order.state = State.PARTIALLY_FILLED
            self._tell(order, fill)

    def _end(self, order: VenueOrder, reason: Ended) -> None:
        order.ended = reason
        self._touch(order)
        self._finish(order, State.CANCELED)

    def _finish(self, order: VenueOrder, state: State, fill: VenueFill | None = None) -> None:
        order.state = state
        if order.locked:
            self.accounts[order.account].unlock(order.given_asset, order.locked)
            order.locked = 0
        self._working[order.account].pop(order.order_id, None)
        self._tell(order, fill)

    def _touch(self, order: VenueOrder) -> None:
        order.updated_at = self.now
        order.wall_updated_at = self._clock.now()
        self.accounts[order.account].updated_at = self.now

    def _note(self, row: Callable[_P, JsonObject], *args: _P.args, **kwargs: _P.kwargs) -> None:
        if self.on_operation is not None:
            self.on_operation(row(*args, **kwargs))

    def _tell(self, order: VenueOrder, fill: VenueFill | None) -> None:
        for listener in self.listeners:
            listener(order, fill)
