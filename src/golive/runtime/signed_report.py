"""Whether the file of a report is still the report that the record of its stage signs."""

from __future__ import annotations

from golive.inputs import parse_json
from golive.model.json import JsonObject
from golive.model.stage_record import StageRecord
from golive.observability.report import document_bytes
from golive.observability.report_digest import report_sha256
from golive.observability.shape import as_json


def parse_signed_report(data: bytes, record: StageRecord) -> JsonObject | None:
    """Return the report that `record` signs; None when `data` is anything else. Raises ValueError for what is no JSON at all.

    The record signs the report's values. So that no byte may change, they must be written as we write them, and the record that
    stands among them must be this one.
    """
    report = parse_json(data)
    if not isinstance(report, dict) or report_sha256(report) != record.report_sha256:
        return None
    if report.get("stage_record") != as_json(record) or document_bytes(report) != data:
        return None
    return report
