"""Verification names every kind of damage and nothing else."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from golive.market.part_file import write_part
from golive.market.series import index_of
from golive.market.store import CandleStore
from golive.market.verification import faults_of
from support.candles import LATER, btc, columns_of, rows_of, walk

ROWS = walk(300)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = CandleStore(tmp_path)
    store.append(btc(), "1m", columns_of(ROWS), source="test", now=LATER)
    return tmp_path / "candles/okx/BTC-USDT/1m"


def first_part(folder: Path) -> Path:
    return min(folder.glob("*.parquet"))


def change_index(folder: Path, change: Callable[[dict[str, Any]], object], *, is_signed: bool = True) -> None:
    """Change the index; with a digest that fits it, so that only a look at the parts can tell."""
    document = json.loads((folder / "index.json").read_text())
    change(document)
    if is_signed:
        document["digest"] = index_of(document).digest
    (folder / "index.json").write_text(json.dumps(document))


def rewrite_with(folder: Path, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """Replace the first part by another whose digest the index knows: what only a rule about rows can find."""
    old = first_part(folder)
    table = change(pl.read_parquet(old)).to_numpy().T.copy()
    part = write_part(folder, "2024-01", table)
    change_index(folder, lambda index: index["parts"][0].update(file=part.file, sha256=part.sha256))
    old.unlink()


def test_a_sound_series_has_no_faults(folder: Path) -> None:
    assert faults_of(folder) == []


def test_a_part_that_is_gone_or_changed_is_named(folder: Path) -> None:
    part = first_part(folder)
    data = part.read_bytes()
    part.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    (fault,) = faults_of(folder)
    assert part.name in fault
    assert "SHA-256" in fault
    part.unlink()
    assert "cannot be read" in faults_of(folder)[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda frame: frame.with_columns(low=pl.col("high") + 1), "contradict"),
        (lambda frame: frame.with_columns(volume=-1 - pl.col("volume")), "below zero"),
        (lambda frame: frame.with_columns(opened_at=pl.col("opened_at") + 1), "off the timeframe"),
        (lambda frame: frame.reverse(), "not after the row before it"),
        (lambda frame: frame.with_columns(opened_at=pl.col("opened_at") - 40 * 86_400 * 10**9), "not the times"),
    ],
)
def test_rows_that_break_a_rule_are_found_behind_a_right_digest(
    folder: Path, change: Callable[[pl.DataFrame], pl.DataFrame], words: str
) -> None:
    rewrite_with(folder, change)
    assert any(words in fault for fault in faults_of(folder))


def test_derived_columns_that_differ_are_named_with_the_fix(folder: Path) -> None:
    (columns,) = folder.glob("columns.*")
    data = bytearray((columns / "close.i64").read_bytes())
    data[8] ^= 1
    (columns / "close.i64").write_bytes(data)
    (fault,) = faults_of(folder)
    assert "close.i64: differs from the parts; remove the folder columns." in fault
    for path in columns.iterdir():
        path.unlink()
    columns.rmdir()
    assert faults_of(folder) == []


def test_an_index_that_is_gone_or_broken_is_a_fault(folder: Path) -> None:
    (folder / "index.json").write_text("{}")
    assert "not an index" in faults_of(folder)[0]
    (folder / "index.json").unlink()
    assert "no index.json" in faults_of(folder)[0]


def test_a_removed_series_is_gone_and_can_be_brought_again(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    for _ in range(2):
        store.append(btc(), "1m", columns_of(ROWS), source="test", now=LATER)
        assert rows_of(store.read(btc().id, "1m")) == ROWS
        assert store.remove(btc().id, "1m") == 300
        assert store.series() == []


def test_a_part_with_other_columns_is_refused(folder: Path) -> None:
    buffer = io.BytesIO()
    pl.read_parquet(first_part(folder)).rename({"open": "first"}).write_parquet(buffer)
    sha256 = hashlib.sha256(buffer.getvalue()).hexdigest()
    change_index(folder, lambda index: index["parts"][0].update(sha256=sha256))
    first_part(folder).write_bytes(buffer.getvalue())
    assert any("not the columns and rows" in fault for fault in faults_of(folder))


def test_parts_with_other_numbers_of_rows_than_the_index_says_are_refused(folder: Path) -> None:
    def move_a_row(index: dict[str, Any]) -> None:
        index["parts"][0]["rows"] += 1
        index["parts"][1]["rows"] -= 1

    change_index(folder, move_a_row)
    assert len([fault for fault in faults_of(folder) if "not the columns and rows" in fault]) == 2


def test_months_in_disorder_are_a_fault(folder: Path) -> None:
    def reverse(index: dict[str, Any]) -> None:
        index["parts"].reverse()
        index["first"], index["last"] = index["parts"][0]["first"], index["parts"][-1]["last"]

    change_index(folder, reverse)
    assert any("not after the row before it" in fault for fault in faults_of(folder))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda index: index["instrument"].update(tick_size="1"), "its digest .* is not that of its grid and parts"),
        (lambda index: index["instrument"].update(lot_size="0.000001"), "its digest .* is not that of its grid and parts"),
        (lambda index: index.update(digest="0" * 16), "its digest 0000000000000000 is not that"),
        (lambda index: index.pop("digest"), "not an index of candles .KeyError"),
        (lambda index: index.update(first="2024-01-31T22:01:00Z"), "its first and last time are not those of its parts"),
        (lambda index: index.update(last="2024-01-31T22:01:00Z"), "its first and last time are not those of its parts"),
        (lambda index: index.update(rows=299), "its rows are not those of its parts"),
        (lambda index: index.update(timeframe="5m"), "is the index of okx:BTC/USDT 5m, not of this folder"),
        (lambda index: index["instrument"].update(id="okx:ETH/USDT"), "is the index of okx:ETH/USDT 1m, not of this folder"),
        (lambda index: index.update(gaps=5), "gaps 5, missing_rows 0, but the parts have 0 and 0"),
        (lambda index: index.update(missing_rows=1), "gaps 0, missing_rows 1, but the parts have 0 and 0"),
    ],
)
def test_a_changed_index_is_a_fault(folder: Path, change: Callable[[dict[str, Any]], object], words: str) -> None:
    change_index(folder, change, is_signed=False)
    (fault,) = faults_of(folder)
    assert re.search(words, fault), fault
