"""The switch of auto-trade on disk: the configuration begins, a person goes on, and what cannot be read is off."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from golive.model.errors import JournalError
from golive.storage.auto_trade_switch import (
    AutoTradeSwitch,
    PublishedTrader,
    publish_trader,
    published_trader,
    read_file,
    switch_path,
    turn_switch,
)

NAME = "okx_desktop_paper"
AT = 1_704_067_200_000_000_000


@pytest.mark.parametrize("initial", [True, False])
def test_the_configuration_holds_until_somebody_turns_the_switch(tmp_path: Path, initial: bool) -> None:
    assert read_file(tmp_path, NAME, initial) == AutoTradeSwitch(initial)
    turned = turn_switch(tmp_path, NAME, enabled=not initial, operator="anna", cause="operator_command", at=AT)
    assert turned == AutoTradeSwitch(not initial, "operator_command", "anna", AT)
    assert read_file(tmp_path, NAME, initial) == turned
    assert read_file(tmp_path, "kraken_desktop_paper", initial) == AutoTradeSwitch(initial), "each entrypoint has its own"


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "[]", "null", "true",
        '{"schema": "golive.auto_trade_switch.v2", "entrypoint": "okx_desktop_paper", "enabled": true}',
        json.dumps({"schema": "golive.auto_trade_switch.v1", "entrypoint": "other", "enabled": True, "cause": "", "operator": "", "at": "2024-01-01T00:00:00Z"}),
        json.dumps({"schema": "golive.auto_trade_switch.v1", "entrypoint": NAME, "enabled": 1, "cause": "", "operator": "", "at": "2024-01-01T00:00:00Z"}),
        json.dumps({"schema": "golive.auto_trade_switch.v1", "entrypoint": NAME, "enabled": True, "cause": "", "operator": "", "at": "noon"}),
        json.dumps({"schema": "golive.auto_trade_switch.v1", "entrypoint": NAME, "enabled": True}),
    ],
)  # fmt: skip
def test_a_switch_that_cannot_be_read_is_off_and_says_so(tmp_path: Path, content: str) -> None:
    turn_switch(tmp_path, NAME, enabled=True, operator="anna", cause="operator_command", at=AT)
    switch_path(tmp_path, NAME).write_text(content)
    found = read_file(tmp_path, NAME, initial=True)
    assert found.enabled is False
    assert str(switch_path(tmp_path, NAME)) in str(found.fault)


@pytest.mark.parametrize("what", ["others may write it", "a link", "a link to nothing", "a directory", "no bytes of text"])
def test_a_switch_that_is_not_a_private_file_is_off(tmp_path: Path, what: str) -> None:
    turn_switch(tmp_path, NAME, enabled=True, operator="anna", cause="operator_command", at=AT)
    path = switch_path(tmp_path, NAME)
    other = path.with_name("elsewhere.json")
    match what:
        case "others may write it":
            path.chmod(0o666)
        case "a link":
            path.rename(other)
            path.symlink_to(other)
        case "a link to nothing":
            path.unlink()
            path.symlink_to(other)
        case "a directory":
            path.unlink()
            path.mkdir()
        case _:
            path.write_bytes(b"\xff\xfe")
    assert read_file(tmp_path, NAME, initial=True).enabled is False


def test_nothing_is_switched_in_a_folder_where_others_may_replace_files(tmp_path: Path) -> None:
    turn_switch(tmp_path, NAME, enabled=False, operator="anna", cause="operator_command", at=AT)
    switch_path(tmp_path, NAME).parent.chmod(0o770)
    with pytest.raises(JournalError, match="others may replace what is in it"):
        turn_switch(tmp_path, NAME, enabled=True, operator="anna", cause="operator_command", at=AT)


def test_what_a_session_publishes_is_read_back_and_anything_else_is_nothing(tmp_path: Path) -> None:
    assert published_trader(tmp_path, NAME) is None
    seen = PublishedTrader("r" * 32, 17, 4, "paper", "running", True, "session_command", "anna", AT)
    publish_trader(tmp_path, NAME, seen)
    assert published_trader(tmp_path, NAME) == seen
    (tmp_path / f"var/state/auto_trade/{NAME}.session.json").write_text("{")
    assert published_trader(tmp_path, NAME) is None
