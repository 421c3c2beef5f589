"""`golive order` again and again, each time a process of its own: what limits count survives in the order journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from golive.model.verdict import ExitCode
from golive.runtime.clock import SystemClock
from golive.runtime.live.rearming import rearm_accounts
from golive.storage.config_files import load_configuration
from support.rehearsal import Rehearsal, rehearsal

pytestmark = pytest.mark.integration
LIMITS = ("max_orders_per_minute", "duplicate_window_seconds")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    with rehearsal(tmp_path_factory.mktemp("order_risk")) as made:
        yield made


def set_limits(desk: Rehearsal, rate: int, window: int) -> None:
    """Give the profile of the entrypoint other numbers."""
    path = desk.home.path / "config/core.yaml"
    lines = [line for line in path.read_text().splitlines(keepends=True) if not line.strip().startswith(LIMITS)]
    at = lines.index("  balanced:\n") + 1
    lines[at:at] = [f"    {name}: {number}\n" for name, number in zip(LIMITS, (rate, window), strict=True)]
    path.write_text("".join(lines))


def decisions(desk: Rehearsal) -> list[dict[str, Any]]:
    lines = (desk.home.path / "logs/risk_decisions.jsonl").read_text().splitlines()
    return [entry["body"] for entry in map(json.loads, lines) if entry["type"] == "risk_decision"]


def test_a_script_that_orders_again_and_again_is_stopped(desk: Rehearsal) -> None:
    """The shipped profile with smaller numbers: every other limit of it is known and does not bind."""
    set_limits(desk, rate=60, window=600)
    first = desk.order("buy", "0.01", desk.symbol, "--limit", "41500")
    assert first.code == ExitCode.OK, first.stdout
    again = desk.order("buy", "0.01", desk.symbol, "--limit", "41500")
    assert (again.code, "RISK_DUPLICATE" in again.stdout) == (ExitCode.BLOCKED, True), again.stdout
    set_limits(desk, rate=3, window=2)
    codes = [desk.order("buy", quantity, desk.symbol, "--limit", "41500").code for quantity in ("0.011", "0.012", "0.013")]
    assert codes == [ExitCode.OK, ExitCode.OK, ExitCode.BLOCKED]
    said = [(body["code"], body["allowed"]) for body in decisions(desk)]
    assert [code for code, _ in said] == ["APPROVED", "RISK_DUPLICATE", "APPROVED", "APPROVED", "RISK_MESSAGE_RATE"]
    assert len({body["client_order_id"] for body in decisions(desk)}) == 5
    assert [body["decision_seq"] for body in decisions(desk)] == [1, 2, 3, 4, 5], "each command goes on where the last one ended"
    refused = decisions(desk)[1]["client_order_id"]
    told = desk.home.golive("explain", refused)
    assert (told.code, "the same order again" in told.stdout) == (ExitCode.OK, True), told.stdout + told.stderr


def test_a_price_far_from_the_market_is_refused_by_the_shipped_profile(tmp_path: Path) -> None:
    with rehearsal(tmp_path, "bybit") as desk:
        refused = desk.order("buy", "0.01", desk.symbol, "--limit", "60000")
        assert (refused.code, "RISK_PRICE_COLLAR" in refused.stdout) == (ExitCode.BLOCKED, True), refused.stdout
        sale = desk.order("sell", "0.01", desk.symbol)
        assert (sale.code, "RISK_FLIP" in sale.stdout) == (ExitCode.BLOCKED, True), sale.stdout
        bought = desk.order("buy", "0.01", desk.symbol)
        assert bought.code == ExitCode.OK, bought.stdout


def test_a_side_that_is_shut_is_opened_by_a_named_person_alone(tmp_path: Path) -> None:
    """Three executions are one too many; the word of a person stands in the account's own journal."""
    with rehearsal(tmp_path, "bybit") as desk:
        desk.home.edit("core.yaml", "  balanced:\n", "  balanced:\n    repeated_execution_limit: 2\n")
        codes = [desk.order("buy", quantity, desk.symbol).code for quantity in ("0.01", "0.011", "0.012")]
        assert codes == [ExitCode.OK, ExitCode.OK, ExitCode.BLOCKED]
        assert decisions(desk)[-1]["code"] == "RISK_REPEATED_EXECUTION"

        def row() -> dict[str, Any]:
            told = json.loads(desk.home.golive("risk", "status", "--entrypoint", desk.entrypoint, "--json").stdout)
            rows = told["entrypoints"][0]["limits"]
            return next(each for each in rows if each["limit"] == "repeated_execution_limit")

        assert (row()["refuses"], row()["note"]) == (True, f"shut until re-armed: bybit:{desk.symbol} buy")
        configuration = load_configuration(desk.home.path / "config/runtime.yaml", {})
        done = rearm_accounts(configuration, desk.entrypoint, desk.home.path, "bob", SystemClock())
        assert done == ("bybit_spot_bybit_live_trading",)
        assert (row()["refuses"], row()["note"], row()["used"]) == (False, "", "0")
        again = desk.order("buy", "0.013", desk.symbol)
        assert again.code == ExitCode.OK, again.stdout
        assert rearm_accounts(configuration, "okx_desktop_paper", desk.home.path, "bob", SystemClock()) == ()
