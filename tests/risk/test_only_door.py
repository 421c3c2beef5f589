"""The only door: only risk makes approvals, only the driver of live orders sends, and it has nothing to send but those.

The types say that a venue's client takes an `Approved`; these tests read every source for who could get around them.
"""

from __future__ import annotations

import ast
import inspect

from golive.venues.trading import TradingClient
from support.sources import called, calls_naming, modules_naming, texts

DRIVER = "runtime/live/sending.py"


def test_every_source_is_read() -> None:
    assert {"risk/engine.py", DRIVER, "venues/trading.py", "engine/engine.py"} <= texts().keys()


def test_only_risk_makes_approvals_under_whatever_name() -> None:
    makers = {path for path, node in calls_naming("Approved") if "Approved" in called(node)}
    assert makers == {"risk/engine.py", "risk/restated.py"}
    for path, nodes in modules_naming("Approved"):
        for node in nodes:
            if isinstance(node, ast.ImportFrom):
                hidden = [each.name for each in node.names if each.name == "Approved" and each.asname not in (None, "Approved")]
                assert not hidden, f"{path} gives Approved another name"


def test_an_approval_is_not_changed_into_another_one() -> None:
    """`dataclasses.replace` of an approval would be one that risk never gave."""
    for path, node in calls_naming("approved", "approval"):
        if called(node)[1] == "replace" and node.args:
            names = {each.id for each in ast.walk(node.args[0]) if isinstance(each, ast.Name)}
            assert not names & {"approved", "approval"}, f"{path}:{node.lineno}"


def test_only_the_driver_sends_to_a_venue() -> None:
    """Whoever holds a venue's client calls it so."""
    senders = {
        (path, name)
        for path, node in calls_naming("submit", "amend")
        for on, name in [called(node)]
        if on in ("client", "_client", "trading", "_trading") and name in ("submit", "amend")
    }
    assert {each for each in senders if each[0].startswith("runtime/live")} == {(DRIVER, "submit"), (DRIVER, "amend")}
    assert {path for path, _ in senders} <= {DRIVER, "runtime/sweep_cluster.py"}, "the latter's client is that of a cluster"


def test_only_the_assembly_of_an_account_and_what_only_cancels_make_a_venues_client() -> None:
    named = list(calls_naming("TradingClient"))
    makers = {path for path, node in named if called(node)[1] == "TradingClient"}
    assert "runtime/live/assembly.py" in makers
    for path in makers - {"runtime/live/assembly.py"}:
        names = {called(node)[1] for where, node in named if where == path}
        assert not names & {"submit", "amend"}, f"{path} has a client of its own and sends"


def test_requests_that_place_and_amend_are_made_by_a_venues_client_alone() -> None:
    makers = {
        path
        for path, node in calls_naming("dialect")
        if called(node)[0] in ("dialect", "_dialect") and called(node)[1] in ("place", "amend")
    }
    assert makers == {"venues/trading.py"}


def test_a_venues_client_takes_an_approval_and_nothing_else() -> None:
    for method in (TradingClient.submit, TradingClient.amend):
        first = list(inspect.signature(method).parameters.values())[1]
        assert (first.name, first.annotation) == ("approved", "Approved")
