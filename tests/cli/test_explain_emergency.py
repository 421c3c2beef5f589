"""An order that emergency mode canceled or refused: the chain names who, why and the signed record; no witness is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from golive.storage.emergency_journal import PATH
from support.published import published
from support.rehearsal import Rehearsal, rehearsal

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class Panicked:
    """A home after `golive panic`: an entry that it canceled, an order that was filled before, one that was refused after it."""

    at: Rehearsal
    canceled: str
    filled: str
    refused: str


@pytest.fixture(scope="module")
def panicked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Panicked]:
    with rehearsal(tmp_path_factory.mktemp("panicked")) as at:
        filled = placed(at, "buy", "0.01", at.symbol)
        canceled = placed(at, "buy", "0.01", at.symbol, "--limit", "20000")
        done = at.home.golive("panic", "--credentials", str(at.key_file), "--reason", "the feed lies", "--json")
        assert done.code == 0, done.stdout
        yield Panicked(at, canceled, filled, placed(at, "buy", "0.01", at.symbol, "--limit", "20001"))


def placed(at: Rehearsal, *words: str) -> str:
    order: str = json.loads(at.order(*words, "--json").stdout)["client_order_id"]
    return order


def explained(at: Rehearsal, *words: str) -> tuple[int, dict[str, Any]]:
    done = at.home.golive("explain", *words, "--json")
    return done.code, published(done.stdout)


def test_an_order_that_a_panic_canceled_names_it_as_the_cause(panicked: Panicked) -> None:
    code, story = explained(panicked.at, panicked.canceled)
    witnesses = {each["witness"]: (each["state"], each["says"]) for each in story["testimonies"]}
    assert (code, story["status"]) == (0, "CANCELED"), witnesses
    assert witnesses["metrics"] == ("ok", "route_counts"), "a panic exports what it has counted"
    assert witnesses["emergency"] == ("ok", "agrees")
    cause = story["emergency"]
    assert (cause["reason"], cause["scope"], cause["state"]) == ("the feed lies", "all", "REDUCING")
    signed = {seq: json.loads(line) for seq, line in enumerate((panicked.at.home.path / PATH).read_text().splitlines(), 1)}
    activation, panic = signed[cause["record"]], signed[cause["panic"]]
    assert (activation["type"], panic["type"]) == ("emergency_mode_activated", "panic")
    assert activation["operator"] == cause["operator"]
    assert activation["body"]["modes"][0]["since"] == cause["since"]
    kinds = [(each["kind"], each["details"].get("event")) for each in story["steps"]]
    assert kinds.index(("note", "emergency_mode_activated")) < kinds.index(("fact", "canceled"))


def test_it_is_told_in_words(panicked: Panicked) -> None:
    said = panicked.at.home.golive("explain", panicked.canceled).stdout
    assert "because of emergency mode: the feed lies (" in said
    assert "its signed record: var/audit/emergency/emergency.jsonl, record " in said
    assert (
        "z powodu trybu awaryjnego: the feed lies ("
        in panicked.at.home.golive("explain", panicked.canceled, "--lang", "pl").stdout
    )


def test_an_order_that_was_refused_meanwhile_names_it_too(panicked: Panicked) -> None:
    code, story = explained(panicked.at, panicked.refused)
    assert (code, story["status"]) == (0, "REFUSED")
    assert (story["emergency"]["reason"], story["emergency"]["panic"]) == ("the feed lies", None)


def test_an_order_of_before_has_nothing_to_do_with_it(panicked: Panicked) -> None:
    code, story = explained(panicked.at, panicked.filled)
    assert (code, story["emergency"]) == (0, None)
    assert "emergency" not in {each["witness"] for each in story["testimonies"]}


@pytest.fixture
def record_without_reason(panicked: Panicked) -> Iterator[None]:
    """The signed record of the activation with another reason in it."""
    path = panicked.at.home.path / PATH
    before = path.read_bytes()
    path.write_bytes(before.replace(b"the feed lies", b"the feed lied"))
    yield
    path.write_bytes(before)


@pytest.mark.usefixtures("record_without_reason")
def test_a_signed_record_that_was_changed_ends_in_6(panicked: Panicked) -> None:
    code, story = explained(panicked.at, panicked.canceled)
    assert code == 6
    assert ("emergency", "corrupt") in {(each["witness"], each["state"]) for each in story["testimonies"]}
    assert story["emergency"]["reason"] == "the feed lies", "as the account's journal says"
