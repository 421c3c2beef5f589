"""The licence of a session that runs and holds: taken back by its issuer, replaced by a new one, run out. A real process throughout."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from golive.model.clock import DAY, SECOND
from golive.runtime.clock import SystemClock
from golive.runtime.licence.desk import LicenceDesk
from golive.runtime.licence.issuance import IssuerDesk, Terms, make_signing_key, taken_here
from golive.runtime.licence.renewal import install
from golive.security.licence.machine import machine_factors
from golive.storage.alert_audit import alert_files, rows_of
from golive.storage.config_files import load_configuration
from golive.storage.keys import SigningKeys
from golive.storage.security_admin import admin_entries
from golive.storage.verified import entries
from support.durable import ToldClock
from support.forked_golive import ForkedHome
from support.golive_process import ALONE
from support.licensed_home import OLGA
from support.running_paper import PaperSession, paper_session, tidal

pytestmark = [
    pytest.mark.e2e_demo_paper,
    pytest.mark.timeout(300),
    pytest.mark.skipif(len(machine_factors(Path("/"))) < 2, reason="this machine says less than two things of itself"),
]
TOLD = '''
"""Wants what a file beside it says."""
from pathlib import Path
from golive.strategy.callbacks import Callbacks


class Told(Callbacks):
    name, summary = "tide", "holds a position while it is told to"

    def on_candle(self, bar):
        return float(Path(__file__).with_name("target").read_text())
'''
CODE = "LICENCE_REDUCE_ONLY"
TERMS = Terms(issuer="dudzian", customer="Acme", profiles=("desktop", "okx"), environments=("paper",), modules=(), days=1)


class Issuer:
    """The issuer of one home, on a machine of its own; what it gives is installed there."""

    def __init__(self, home: ForkedHome, path: Path) -> None:
        self.home, self.path, self.clock = home, path, ToldClock(SystemClock().now())
        _, public = make_signing_key(path / "issuer.key")
        own = f"    issuer_keys:\n      - issuer: dudzian\n        public_key: {public}\n"
        home.edit("runtime.yaml", "    max_validity_days", f"{own}    max_validity_days")
        home.edit("runtime.yaml", "grace_period_hours: 72", "grace_period_hours: 0")
        self.desk = IssuerDesk(path, path / "issuer.key", self.clock)

    def licensed(self, seconds_left: int) -> str:
        """Install a licence that ends in so many seconds; return its id."""
        self.clock.time = SystemClock().now() - DAY + seconds_left * SECOND
        licence = self.desk.issue(TERMS, taken_here(self.clock), self.path / "out")
        configuration = load_configuration(self.home.path / "config/runtime.yaml", {})
        install(
            LicenceDesk(home=self.home.path, licensing=configuration.runtime.licensing, clock=SystemClock()),
            self.path / "out",
            OLGA,
        )
        return licence.license_id

    def take_back(self, license_id: str) -> None:
        self.clock.time = SystemClock().now()
        self.desk.issue_list([license_id], (), self.path / "list")
        done = self.home.golive("licence", "sync", str(self.path / "list/revocations.json"))
        assert done.code == 0, done.stderr


@pytest.fixture
def home(tmp_path: Path) -> ForkedHome:
    (tmp_path / "home").mkdir()
    home = ForkedHome(tmp_path / "home")
    tidal(home)
    (home.path / "strategies/tide.py").write_text(TOLD)
    return home


def want(home: ForkedHome, target: float) -> None:
    """Let the strategy want to hold so much, from its next bar on."""
    path = home.path / "strategies/target"
    path.with_suffix(".new").write_text(str(target))
    path.with_suffix(".new").rename(path)


@pytest.fixture
def issuer(home: ForkedHome, tmp_path: Path) -> Issuer:
    return Issuer(home, tmp_path)


@pytest.fixture
def session(home: ForkedHome) -> Iterator[PaperSession]:
    with paper_session(home, None, speed="10") as session:
        yield session


def acts(session: PaperSession) -> list[str]:
    """What the session was told of its licence."""
    return [body[0] for kind, body in session.events() if kind == "Operator" and str(body[0]).startswith("licence_")]


def refusals(session: PaperSession) -> int:
    """How often it was written down that the strategy wanted to buy and might not."""
    return sum(body.get("code") == CODE for body in session.records("signal_neutral"))


def only_reduces(home: ForkedHome, session: PaperSession, told: int) -> None:
    """Wait until it was told, as its act of that number; it holds. What is held is sold, nothing is bought."""
    session.wait(lambda: len(acts(session)) == told)
    assert acts(session)[-1] == "licence_lost"
    sold, bought, refused = session.submitted("sell"), session.submitted("buy"), refusals(session)
    assert bought == sold + 1, "it holds"
    want(home, 0.0)
    session.wait(lambda: session.submitted("sell") == sold + 1 and session.sold)
    want(home, 1.0)
    session.wait(lambda: refusals(session) > refused)
    bars = session.ask("SELECT count(*) FROM events WHERE kind = 'Candle'")[0][0]
    session.wait(lambda: session.ask("SELECT count(*) FROM events WHERE kind = 'Candle'")[0][0] >= bars + 3)
    assert (session.submitted("buy"), session.sold) == (bought, True)


def test_a_licence_that_is_taken_back_or_runs_out_leaves_reductions_until_there_is_another(
    home: ForkedHome, issuer: Issuer, session: PaperSession
) -> None:
    want(home, 1.0)
    first = issuer.licensed(3600)
    session.start(*ALONE)
    session.wait(lambda: session.position > 0)
    issuer.take_back(first)
    only_reduces(home, session, 1)
    second = issuer.licensed(12)
    session.wait(lambda: len(acts(session)) == 2)
    assert acts(session)[-1] == "licence_back"
    session.wait(lambda: session.submitted("buy") == 2 and not session.sold)
    only_reduces(home, session, 3)
    report = session.end()
    assert report["outcome"]["decisions"]["by_code"] == {"APPROVED": 4, CODE: 2}
    lapses = [each for each in report["warnings"] if each.startswith("reductions only since ")]
    assert [f"{first} back" in lapses[0], "it ended on" in lapses[1]] == [True, True], lapses
    told = admin_entries(home.path, SigningKeys.load(home.path))
    assert [(each.type, each.body["license_id"], each.body["faults"]) for each in told if each.body.get("purpose") == "session"] == [
        ("licence_refused", first, ["licence:revoked"]), ("licence_verified", second, []),
        ("licence_refused", second, ["licence:expired"]),
    ]  # fmt: skip
    [journal] = (home.path / "audit/decisions").glob("decisions-*.jsonl")
    written = Counter(str(each.body["event"]) for each in entries(journal) if each.body.get("code") == CODE)
    assert written == {"signal_neutral": 2, "inaction": 2}
    raised = [row.body for path in alert_files(home.path / "alerts") for row in rows_of(path)]
    assert {(row["severity"], row["title"]) for row in raised if row["category"] == "licence"} == {
        ("critical", "okx_desktop_paper has no valid licence and only reduces")
    }
    assert len({row["alert_id"] for row in raised if row["category"] == "licence"}) == 2
    metrics = (home.path / "metrics/session_okx_desktop_paper.prom").read_text()
    counted = re.findall(r'alerts_(?:sent|failed)_total{.*severity="critical"} ([1-9]\d*)$', metrics, re.MULTILINE)
    assert counted, "monitoring sees it, too"
    assert home.golive("audit", "verify", "--all").code == 0
