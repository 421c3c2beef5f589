"""A report on the disk beside the record that signs it: no bit may change."""

from __future__ import annotations

import contextlib
import itertools
import json
from dataclasses import replace

import pytest

from golive.model.json import JsonValue
from golive.observability.report import document_bytes
from golive.observability.report_digest import report_sha256
from golive.observability.shape import as_json
from golive.runtime.signed_report import parse_signed_report
from support.reports import stage_record


def test_no_bit_of_a_signed_report_may_change() -> None:
    figures: dict[str, JsonValue] = {
        "share": 1e-05,
        "ratio": 0.30000000000000004,
        "whole": -0.0,
        "name": "caf\u00e9",
        "stage_record": None,
    }
    record = replace(stage_record(), report_sha256=report_sha256(figures))
    data = document_bytes({**figures, "stage_record": as_json(record)})
    assert parse_signed_report(data, record) == json.loads(data)
    for at, bit in itertools.product(range(len(data)), range(8)):
        changed = bytearray(data)
        changed[at] ^= 1 << bit
        with contextlib.suppress(ValueError):
            assert parse_signed_report(bytes(changed), record) is None, (at, bit, bytes(changed[at - 9 : at + 9]))


@pytest.mark.parametrize("change", [b"", b"\n", b"{}", b" "])
def test_a_signed_report_is_neither_cut_nor_goes_on_nor_holds_the_record_of_another(change: bytes) -> None:
    record = replace(stage_record(), report_sha256=report_sha256({"stage_record": None}))
    data = document_bytes({"stage_record": as_json(record)})
    for held in (data + change if change else data[:-1], change + data if change else data[1:]):
        with contextlib.suppress(ValueError):
            assert parse_signed_report(held, record) is None, held
    assert parse_signed_report(document_bytes({"stage_record": as_json(replace(record, speed="2"))}), record) is None
