"""The only door: only risk makes approvals, only the driver of live orders sends, and it has nothing to send but those.

The types say that a venue's client takes an `Approved`; these tests read every source for who could get around them.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import golive
from golive.venues.trading import TradingClient

ROOT = Path(golive.__file__).parent
DRIVER = "runtime/live/sending.py"


@cache
def sources() -> dict[str, ast.Module]:
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in sorted(ROOT.rglob("*.py"))}


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield path, node


def called(node: ast.Call) -> tuple[str, str]:
    """What a call is of, and on what: `self._client.submit(…)` is (`_client`, `submit`)."""
    function = node.func
    if isinstance(function, ast.Name):
        return "", function.id
    if not isinstance(function, ast.Attribute):
        return "", ""
    on = function.value
    return on.attr if isinstance(on, ast.Attribute) else on.id if isinstance(on, ast.Name) else "", function.attr


def test_only_risk_makes_approvals_under_whatever_name() -> None:
    makers = {path for path, node in calls() if called(node)[1] == "Approved" or called(node)[0] == "Approved"}
    assert makers == {"risk/engine.py", "risk/restated.py"}
    for path, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                hidden = [each.name for each in node.names if each.name == "Approved" and each.asname not in (None, "Approved")]
                assert not hidden, f"{path} gives Approved another name"


def test_an_approval_is_not_changed_into_another_one() -> None:
    """`dataclasses.replace` of an approval would be one that risk never gave."""
    for path, node in calls():
        if called(node)[1] == "replace" and node.args:
            names = {each.id for each in ast.walk(node.args[0]) if isinstance(each, ast.Name)}
            assert not names & {"approved", "approval"}, f"{path}:{node.lineno}"


def test_only_the_driver_sends_to_a_venue() -> None:
    """Whoever holds a venue's client calls it so."""
    senders = {
        (path, name)
        for path, node in calls()
        for on, name in [called(node)]
        if on in ("client", "_client", "trading", "_trading") and name in ("submit", "amend")
    }
    assert {each for each in senders if each[0].startswith("runtime/live")} == {(DRIVER, "submit"), (DRIVER, "amend")}
    assert {path for path, _ in senders} <= {DRIVER, "runtime/sweep_cluster.py"}, "the latter's client is that of a cluster"


def test_only_the_assembly_of_an_account_and_what_only_cancels_make_a_venues_client() -> None:
    makers = {path for path, node in calls() if called(node)[1] == "TradingClient"}
    others = makers - {"runtime/live/assembly.py"}
    for path in others:
        names = {called(node)[1] for where, node in calls() if where == path}
        assert not names & {"submit", "amend"}, f"{path} has a client of its own and sends"


def test_requests_that_place_and_amend_are_made_by_a_venues_client_alone() -> None:
    makers = {
        path for path, node in calls() if called(node)[0] in ("dialect", "_dialect") and called(node)[1] in ("place", "amend")
    }
    assert makers == {"venues/trading.py"}


def test_a_venues_client_takes_an_approval_and_nothing_else() -> None:
    for method in (TradingClient.submit, TradingClient.amend):
        first = list(inspect.signature(method).parameters.values())[1]
        assert (first.name, first.annotation) == ("approved", "Approved")
