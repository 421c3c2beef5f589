"""`golive run --mode live --read-only`: a live environment is looked at before its gate, and nothing can be sent there."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from golive.runtime.window.bootstrap_log import bootstrap_faults, newest_start
from golive.storage.decision_step import recorded_steps
from support.golive_process import ROOT
from support.rehearsal import rehearsal

pytestmark = pytest.mark.e2e_demo_paper
WORDS = ("run", "--mode", "live", "--json", "--timeframe", "1s", "--max-runtime", "20")
QUICK = "{fast_bars: 2, slow_bars: 3, reversion_bars: 3, breakout_bars: 2, volatility_bars: 5, target_step: 0.1}"


@pytest.mark.parametrize(
    "dialect", ["okx", pytest.param("kraken", marks=pytest.mark.slow), pytest.param("bybit", marks=pytest.mark.slow)]
)
def test_it_decides_on_the_venues_market_with_its_account_and_orders_nothing(tmp_path: Path, dialect: str) -> None:
    with rehearsal(tmp_path, dialect, money="5000") as at:
        at.home.edit("core.yaml", "timeframe: 1m", "timeframe: 1s")
        at.home.edit("core.yaml", "parameters: {}", f"parameters: {QUICK}")
        done = at.home.golive(*WORDS, "--read-only", *at.options)
        assert at.venue.orders() == []
        assert bootstrap_faults(newest_start(at.home.path)) == ["mTLS was not in force"], "it has no bundle"
        steps = {each.body["step"]: each.body for each in recorded_steps(at.home.path, "live")}
    assert (steps["router_configured"]["status"], steps["daemon_start"]["mode"]) == ("ok", "read_only")
    report = done.report
    assert done.code == 6, done.stderr
    assert (report["stage"], report["mode"], report["status"], report["stage_record"]) == ("rehearsal", "live", "unknown", None)
    assert report["gate"]["verdict"] == "unknown"
    assert report["gate"]["reasons"] == ["it only looks; what the readiness checklist comes to is said by golive gate status"]
    assert report["validation"]["credentials_validated"] is True
    assert report["validation"]["secret_source"] == "key_file"
    assert report["outcome"]["orders"] == []
    assert report["outcome"]["pnl"]["start_equity"] == "5000"
    assert report["outcome"]["market"]["candles"] > 5
    assert report["outcome"]["decisions"]["by_code"].keys() == {"AUTO_TRADE_OFF"}
    assert report["live_execution_metrics"] is None
    schema = json.loads((ROOT / "docs/schemas/golive.run_report.v1.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(report)
    written = at.home.path / report["report_json"]
    assert json.loads(written.read_text()) == report


def test_without_keys_it_fails_its_validation_as_every_live_mode(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as at:
        done = at.home.golive(*WORDS, "--read-only", "--entrypoint", at.entrypoint)
    report = done.report
    assert (done.code, report["status"]) == (4, "validation_failed")
    [error] = report["errors"]
    assert (
        "environment okx_live needs credentials 'okx_live_trading', and there are none: golive secrets set okx_live_trading; --credentials FILE"
        in error
    )
    assert report["validation"]["credentials_validated"] is False
    assert report["outcome"]["decisions"]["signals"] == 0


def test_what_is_no_dry_run_of_what_is_live_is_refused(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as at:
        blocked = at.home.golive(*WORDS, "--entrypoint", at.entrypoint)
        assert blocked.code == 3
        assert "--read-only" in blocked.report["errors"][0]
        paper = at.home.golive(*WORDS, "--read-only")
        assert paper.code == 2
        assert "--mode paper --read-only" in paper.stderr
        overridden = at.home.golive(*WORDS, "--read-only", *at.options, env={"GOLIVE__IO_QUEUE__MAX_CONCURRENCY": "5"})
        assert overridden.code == 2
        assert "GOLIVE__IO_QUEUE__MAX_CONCURRENCY" in overridden.stderr
        keys = at.home.golive("run", "--mode", "demo", "--credentials", str(at.key_file))
        assert keys.code == 2
        assert "--credentials" in keys.stderr


def test_live_without_read_only_is_refused_for_what_it_lacks_keys_or_not(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as at:
        done = at.home.golive("run", "--mode", "live", *at.options)
    assert done.code == 3, done.stderr
    assert "demo and paper" not in done.stderr
