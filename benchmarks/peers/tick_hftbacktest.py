"""The maker on hftbacktest, in its own environment: `tick_hftbacktest.py FILE EVENTS RUNS`.

Every change of a quote becomes depth events; risk-averse queue model, no latency, no partial fills, array-backed depth (its
fastest). What it compiles is compiled in each process anew, before the clock of the runs starts.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
import time

import hftbacktest as hft
import numpy as np
from hftbacktest.types import event_dtype
from numba import njit

SECOND = 1_000_000_000
DEPTH = hft.EXCH_EVENT | hft.LOCAL_EVENT | hft.DEPTH_EVENT
TRADE = hft.EXCH_EVENT | hft.LOCAL_EVENT | hft.TRADE_EVENT
BUY, SELL = hft.BUY_EVENT, hft.SELL_EVENT
GTX, LIMIT = hft.GTX, hft.LIMIT
WARM_EVENTS = 5000


@njit
def put(out, k, event, ts, price, quantity):
    out[k]["ev"] = event
    out[k]["exch_ts"] = ts
    out[k]["local_ts"] = ts
    out[k]["px"] = price
    out[k]["qty"] = quantity
    return k + 1


@njit
def converted(events, out):
    k, bid, ask = 0, np.nan, np.nan
    for i in range(len(events)):
        e = events[i]
        if e["kind"] == 0:
            if not np.isnan(bid) and e["bid"] != bid:
                k = put(out, k, DEPTH | BUY, e["ts"], bid, 0.0)
            if not np.isnan(ask) and e["ask"] != ask:
                k = put(out, k, DEPTH | SELL, e["ts"], ask, 0.0)
            bid, ask = e["bid"], e["ask"]
            k = put(out, k, DEPTH | BUY, e["ts"], bid, e["bq"])
            k = put(out, k, DEPTH | SELL, e["ts"], ask, e["aq"])
        else:
            k = put(out, k, TRADE | (BUY if e["kind"] == 1 else SELL), e["ts"], e["px"], e["qty"])
    return k


@njit
def make_market(market):
    order_id, quotes = 1, 0
    while market.elapse(SECOND) == 0:
        market.clear_inactive_orders(0)
        depth = market.depth(0)
        bid, ask, position = depth.best_bid, depth.best_ask, market.position(0)
        orders = market.orders(0).values()
        while orders.has_next():
            order = orders.get()
            if order.cancellable:
                market.cancel(0, order.order_id, False)
        if position < 1.0:
            market.submit_buy_order(0, order_id, bid, 0.1, GTX, LIMIT, False)
            order_id += 1
            quotes += 1
        if position > -1.0:
            market.submit_sell_order(0, order_id, ask, 0.1, GTX, LIMIT, False)
            order_id += 1
            quotes += 1
    return quotes


def market_of(data):
    asset = (
        hft.BacktestAsset().data(data).linear_asset(1.0).constant_order_latency(0, 0).risk_adverse_queue_model()
        .no_partial_fill_exchange().trading_value_fee_model(0.001, 0.001).tick_size(0.1).lot_size(0.001)
        .roi_lb(40_000.0).roi_ub(60_000.0)
    )  # fmt: skip
    return hft.ROIVectorMarketDepthBacktest([asset])


def main():
    file, count, runs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    events = np.load(file)[:count]
    out = np.zeros(4 * count, event_dtype)
    data = np.ascontiguousarray(out[: converted(events, out)])
    warming = market_of(data[:WARM_EVENTS])
    make_market(warming)
    warming.close()
    seconds = []
    for _ in range(runs):
        market = market_of(data)
        began = time.process_time()
        quotes = make_market(market)
        seconds.append(time.process_time() - began)
        state = market.state_values(0)
        fills, position, balance, fees = int(state.num_trades), float(state.position), float(state.balance), float(state.fee)
        market.close()
    mid = float((events["bid"][-1] + events["ask"][-1]) / 2)
    figures = {
        "name": "hftbacktest", "version": importlib.metadata.version("hftbacktest"), "events": count, "seconds": seconds,
        "quotes": quotes, "fills": fills, "filled": fills * 0.1, "position": position, "pnl": balance + position * mid - fees,
        "fees": fees,
    }  # fmt: skip
    print("RESULT " + json.dumps(figures), flush=True)


main()
