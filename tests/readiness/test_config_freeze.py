"""The check `config_freeze`: only what was frozen last, whole and without overrides, is ok."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from golive.readiness import Status
from golive.readiness.checks.config_freeze import Digests, FreezeEvidence, config_freeze

RUNNING = Digests(core_sha256="a" * 64, runtime_sha256="b" * 64, execution_sha384="c" * 96)
GOOD = FreezeEvidence(running=RUNNING, frozen=RUNNING)


def test_what_was_frozen_last_is_ok() -> None:
    found = config_freeze(GOOD)
    assert (found.id, found.status, found.reasons, found.next_command) == ("config_freeze", Status.OK, (), "")
    assert found.measured == found.threshold


@pytest.mark.parametrize("name", [each.name for each in fields(Digests)])
@pytest.mark.parametrize("value", ["0" * 64, "", "a" * 63 + "b"])
def test_any_other_digest_on_either_side_blocks(name: str, value: str) -> None:
    other = replace(RUNNING, **{name: value})
    for evidence in (replace(GOOD, running=other), replace(GOOD, frozen=other)):
        found = config_freeze(evidence)
        assert (found.status, len(found.reasons)) == (Status.BLOCKED, 1)
        assert name in found.reasons[0]
        assert found.next_command.startswith("golive freeze")


@pytest.mark.parametrize(
    ("change", "status", "says", "command"),
    [
        ({"frozen": None}, Status.BLOCKED, "never frozen", "golive freeze --operator NAME"),
        ({"overrides": ("GOLIVE__IO_QUEUE__BURST",)}, Status.BLOCKED, "GOLIVE__IO_QUEUE__BURST", "unset GOLIVE__IO_QUEUE__BURST"),
        ({"tampered": ("core.yaml: changed",)}, Status.BLOCKED, "core.yaml: changed", "golive freeze --operator NAME"),
        ({"tampered": ("freeze.json: changed",), "frozen": None}, Status.BLOCKED, "freeze.json", "golive freeze --operator NAME"),
        ({"unreadable": "register.json: gone"}, Status.UNKNOWN, "register.json: gone", "golive audit verify --all"),
    ],
)
def test_nothing_else_is(change: dict[str, object], status: Status, says: str, command: str) -> None:
    found = config_freeze(replace(GOOD, **change))  # type: ignore[arg-type]  # one case changes one field
    assert (found.status, found.next_command) == (status, command)
    assert says in found.reasons[0]
