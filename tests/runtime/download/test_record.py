"""The record beside a series: what a venue does not have, and what of it is still to be fetched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from golive.market.span import Span
from golive.model.clock import MINUTE, from_iso, to_iso
from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId
from golive.runtime.download.plan import DownloadOptions, plan_download
from golive.runtime.download.record import DownloadRecord
from support.configuration import parse
from support.published import published

BTC = InstrumentId.parse("okx:BTC/USDT")
SOURCE = "download embedded seed 7"
BEGAN = from_iso("2024-01-01T00:00:00Z")


def record(root: Path, source: str = SOURCE) -> DownloadRecord:
    return DownloadRecord(root, BTC, "1m", source)


def test_what_was_begun_is_unfinished_until_all_of_it_is_finished(tmp_path: Path) -> None:
    first = record(tmp_path)
    first.begin(Span(100, 200))
    first.begin(Span(150, 300))
    first.add([Span(110, 120)])
    assert record(tmp_path).unfinished == [Span(100, 300)]
    record(tmp_path).finish(Span(90, 180))
    assert record(tmp_path).unfinished == [Span(180, 300)]
    assert record(tmp_path).empty == [Span(110, 120)]
    assert record(tmp_path, "download public okx.com").unfinished == []
    record(tmp_path).finish(Span(180, 300))
    assert record(tmp_path).unfinished == []
    published(next(tmp_path.rglob("1m.json")).read_bytes())


def test_a_record_without_unfinished_downloads_is_read(tmp_path: Path) -> None:
    record(tmp_path).add([Span(110, 120)])
    [path] = tmp_path.rglob("1m.json")
    document = json.loads(path.read_bytes())
    del document["unfinished"]
    path.write_text(json.dumps(document))
    assert (record(tmp_path).empty, record(tmp_path).unfinished) == ([Span(110, 120)], [])


def test_a_download_that_came_to_nothing_is_gone_on_with_from_where_it_was_to_begin(tmp_path: Path) -> None:
    options = DownloadOptions(venue="okx", symbol="BTC/USDT", timeframe="1m")
    with pytest.raises(ConfigError, match="say from when with --since"):
        plan_download(options, parse(), tmp_path, 1 << 62)
    known = plan_download(
        DownloadOptions(venue="okx", symbol="BTC/USDT", timeframe="1m", since="2024-01-02"), parse(), tmp_path, 1 << 62
    )
    record(known.root, known.source).begin(Span(BEGAN + 5 * MINUTE, BEGAN + 9 * MINUTE))
    assert plan_download(options, parse(), tmp_path, 1 << 62).since == BEGAN + 5 * MINUTE
    early = DownloadOptions(venue="okx", symbol="BTC/USDT", timeframe="1m", until=to_iso(BEGAN))
    with pytest.raises(
        ConfigError, match=r"^the beginning of a download that has not ended, 2024-01-01T00:05:00Z, is not before"
    ):
        plan_download(early, parse(), tmp_path, 1 << 62)
