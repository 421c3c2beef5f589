"""What an entrypoint's account came to, on disk: read back as written, and an error when it cannot be read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from golive.model.errors import JournalError
from golive.storage.host_account import account_path, accounts_of, groups, read_account, write_account
from support.risk_figures import FIGURE, account_of

ACCOUNT = replace(account_of(FIGURE), earned=-(10**10), equity=-5)


def test_an_account_reads_back_as_it_was_written(tmp_path: Path) -> None:
    assert read_account(tmp_path, "paper", "USDT", "okx") is None
    assert [*accounts_of(tmp_path, "paper", "USDT"), *groups(tmp_path)] == []
    write_account(tmp_path, ACCOUNT)
    write_account(tmp_path, replace(ACCOUNT, entrypoint="kraken"))
    write_account(tmp_path, replace(ACCOUNT, money="live", quote_asset="EUR"))
    assert read_account(tmp_path, "paper", "USDT", "okx") == ACCOUNT
    assert list(accounts_of(tmp_path, "paper", "USDT")) == ["kraken", "okx"]
    assert list(groups(tmp_path)) == [("live", "EUR"), ("paper", "USDT")]


@pytest.mark.parametrize("change", [None, {"schema": "other"}, {"peak": "x"}, {"peak": str(1 << 63)}, {"entrypoint": "kraken"}])
def test_one_that_cannot_be_read_is_an_error_that_names_the_file(tmp_path: Path, change: dict[str, str] | None) -> None:
    write_account(tmp_path, ACCOUNT)
    path = account_path(tmp_path, "paper", "USDT", "okx")
    path.write_text("{" if change is None else json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(JournalError, match=r"okx\.json: cannot be read: .*then: golive risk release --across paper/USDT"):
        read_account(tmp_path, "paper", "USDT", "okx")


def test_a_link_is_no_account(tmp_path: Path) -> None:
    write_account(tmp_path, ACCOUNT)
    path = account_path(tmp_path, "paper", "USDT", "okx")
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")
    with pytest.raises(JournalError):
        read_account(tmp_path, "paper", "USDT", "okx")
