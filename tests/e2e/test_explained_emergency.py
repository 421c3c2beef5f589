"""An entry of a session that emergency mode canceled: its story names who switched it on, why, and the signed record."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.forked_golive import ForkedHome
from support.published import published
from support.running_paper import PaperSession, opened, paper_session, tidal
from support.venue_process import venue_process

pytestmark = [pytest.mark.e2e_demo_paper, pytest.mark.timeout(600)]

WORKING = """SELECT client_order_id FROM intents AS i WHERE side = 'buy'
    AND EXISTS (SELECT 1 FROM order_updates AS u WHERE u.client_order_id = i.client_order_id AND u.event = 'accepted')
    AND NOT EXISTS (SELECT 1 FROM order_updates AS u WHERE u.client_order_id = i.client_order_id AND u.event <> 'accepted')
    AND NOT EXISTS (SELECT 1 FROM fills AS f WHERE f.client_order_id = i.client_order_id)"""


def cut_off_with_an_entry(session: PaperSession) -> str:
    """Kill the session while an entry rests, and return that order; what is filled in that very moment is no entry any more."""
    session.start()
    for _ in range(10):
        session.wait(lambda: bool(session.ask(WORKING)))
        session.kill()
        if found := session.ask(WORKING):
            return str(found[0][0])
        session.start("--resume")
    raise AssertionError("no entry rested at any time")


def test_the_chain_of_a_sessions_order_leads_to_the_emergency_that_canceled_it(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    tidal(home, protection="entry_ttl_bars: 600")
    opened(home)
    with venue_process("--symbol", "BTC/USDT", speed="1") as venue, paper_session(home, venue.rest, "1") as session:
        order = cut_off_with_an_entry(session)
        assert home.golive("panic", "--reason", "the feed lies").code == 0
        session.start("--resume")
        session.wait(lambda: bool(session.records("order_canceled")))
        session.end()
    done = home.golive("explain", order, "--json")
    story = published(done.stdout)
    assert (done.code, story["status"], story["filled"]) == (0, "CANCELED", "0"), done.stdout
    cause = story["emergency"]
    assert (cause["reason"], cause["scope"], cause["state"], cause["record"]) == ("the feed lies", "all", "REDUCING", 2)
    assert {"witness": "emergency", "state": "ok", "says": "agrees", "details": {"file": "emergency.jsonl", "seq": "2"}} in story[
        "testimonies"
    ]
    events = [each["details"].get("event") for each in story["steps"]]
    assert events.index("emergency_mode_activated") < events.index("canceled")
    assert "because of emergency mode: the feed lies" in home.golive("explain", order).stdout
