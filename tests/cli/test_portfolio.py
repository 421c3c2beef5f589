"""`golive portfolio check` at a simulated venue: as a person runs it before and after trading, and when something does not fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.by_hand import placed_by_hand
from support.published import published
from support.rehearsal import rehearsal

pytestmark = pytest.mark.integration


def test_a_portfolio_is_checked_against_venue_ledger_and_target(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as at:

        def check(*words: str) -> tuple[int, str, str]:
            done = at.home.golive("portfolio", "check", *at.options, *words)
            return done.code, done.stdout, done.stderr

        code, said, _ = check()
        assert (code, "our ledger cannot say" in said, "portfolio.targets" in said) == (6, True, True)

        assert at.order("buy", "0.01", at.symbol).code == 0
        at.home.edit("core.yaml", "\nresilience:", '\nportfolio: {targets: {"okx:BTC/USDT": 0.01}}\n\nresilience:')
        code, said, _ = check("--json")
        told = published(said)
        rows = {row["instrument"]: row for row in told["rows"]}
        assert (code, told["status"], told["rebalance_required"]) == (0, "ok", False)
        assert rows["okx:BTC/USDT"]["venue"] == rows["okx:BTC/USDT"]["ledger"]
        assert 0 < rows["okx:BTC/USDT"]["drift_abs"] <= 0.01
        assert json.loads((tmp_path / "var/audit/portfolio/portfolio_check.json").read_text()) == told
        log = (tmp_path / "audit/decision_logs/live_execution.jsonl").read_text()
        assert '"step":"portfolio_check"' in log

        at.home.edit("core.yaml", '"okx:BTC/USDT": 0.01', '"okx:BTC/USDT": 0.5')
        code, said, _ = check()
        assert (code, "to be rebalanced" in said) == (3, True)

        at.home.edit("core.yaml", '"okx:BTC/USDT": 0.5', '"okx:BTC/USDT": 0.01')
        placed_by_hand(at.venue, "okx", side="buy", quantity="0.01", price=None, name="hand1")
        code, said, errors = check("--json")
        told = published(said)
        rows = {row["instrument"]: row for row in told["rows"]}
        assert (code, told["status"], "golive reconcile" in errors) == (3, "blocked", True)
        assert rows["okx:BTC/USDT"]["venue"] != rows["okx:BTC/USDT"]["ledger"]

        assert at.home.golive("portfolio", "check", "--entrypoint", "okx_desktop_paper").code == 2
