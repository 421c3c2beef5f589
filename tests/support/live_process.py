"""A live desk in a process of its own, for tests that kill or stop it: `python -m support.live_process DOCUMENT`.

DOCUMENT is JSON: home, venue, rest, key (as in a credentials document), lease_s, switch_s, account, symbol. Lines of stdin are prices: each
places an order (empty: a market order) and answers with its id when it is submitted. Every line out is one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from golive.model.order import Fill
from support.live_desk import QUICK, SYMBOL, account_at, live_plan, trader
from support.venue_process import VenueKey


def say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


async def main(document: dict[str, Any]) -> None:
    key = VenueKey(document["key"]["apiKey"], document["key"]["secret"], document["key"]["password"])
    account = account_at(document["venue"], document["rest"], key)
    account = replace(account, account=document.get("account", account.account), symbols=(document.get("symbol", SYMBOL),))
    timing = replace(QUICK, lease_s=document.get("lease_s", 5.0))
    switch_s = document.get("switch_s", 0)
    async with trader(live_plan(Path(document["home"]), [account], timing=timing, dead_man_switch_seconds=switch_s)) as at:
        at.desk.on_news.append(
            lambda item: say(
                id=item.client_order_id, news="fill" if isinstance(item, Fill) else item.event, code=getattr(item, "code", "")
            )
        )
        say(ready=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            approved = at.order(price=line.strip() or None)
            say(order=approved.order.client_order_id)
            at.desk.submit(approved)


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
