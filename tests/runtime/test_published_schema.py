"""The schemas below docs/schemas are those of the documents that commands print and write."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from golive.cli import runbook_table
from golive.model.json import JsonValue
from golive.observability.divergence import divergence_schema
from golive.observability.guardrail_report import guardrail_schema
from golive.readiness import compliance_document
from golive.readiness.checklist_report import report_schema
from golive.readiness.gate_status import status_schema as gate_status_schema
from golive.readiness.portfolio import portfolio_schema
from golive.readiness.resilience import document as drill_document
from golive.readiness.window.migration_summary import summary_schema
from golive.runtime import config_document, stored_document, strategy_document
from golive.runtime.alerts.list import list_schema
from golive.runtime.alerts.selftest import selftest_schema
from golive.runtime.audit_bundle.manifest import bundle_schema
from golive.runtime.auto_trade_control import auto_trade_schema
from golive.runtime.decision_list import decisions_schema
from golive.runtime.doctor.finding import doctor_schema
from golive.runtime.download import document as download_document
from golive.runtime.explain.chain import moment_schema, signal_schema
from golive.runtime.explain.story import story_schema
from golive.runtime.licence.document import verification_schema
from golive.runtime.live import order_document
from golive.runtime.live.reconcile_document import reconciliation_schema
from golive.runtime.live.reconcile_record import result_schema as reconciliation_result_schema
from golive.runtime.named_tests.result import result_schema as named_tests_schema
from golive.runtime.panic.document import panic_schema
from golive.runtime.risk_snapshot.document import snapshot_schema
from golive.runtime.risk_status import status_schema
from golive.runtime.rotation import rotation_schema
from golive.runtime.runbook.result import result_schema
from golive.runtime.secret_list import list_schema as secrets_schema
from golive.runtime.service_levels.report import slo_schema
from golive.runtime.window.manifest import archive_schema

SCHEMAS = Path(__file__).parents[2] / "docs/schemas"
MADE: dict[str, Callable[[], dict[str, JsonValue]]] = {
    "golive.audit_bundle.v1": bundle_schema,
    "golive.window_archive.v1": archive_schema,
    "golive.migration_summary.v1": summary_schema,
    "golive.alerts.v1": list_schema,
    "golive.alerts_selftest.v1": selftest_schema,
    "golive.auto_trade.v1": auto_trade_schema,
    "golive.compliance_documents.v1": compliance_document.documents_schema,
    "golive.config_check.v1": config_document.check_schema,
    "golive.config_show.v1": config_document.show_schema,
    "golive.data_import.v1": stored_document.import_schema,
    "golive.data_list.v1": stored_document.list_schema,
    "golive.data_verify.v1": stored_document.verify_schema,
    "golive.decisions.v1": decisions_schema,
    "golive.divergence.v1": divergence_schema,
    "golive.doctor.v1": doctor_schema,
    "golive.download.v1": download_document.download_schema,
    "golive.download_record.v1": download_document.record_schema,
    "golive.failover_summary.v1": drill_document.failover_schema,
    "golive.gate_status.v1": gate_status_schema,
    "golive.guardrails.v1": guardrail_schema,
    "golive.licence_verification.v1": verification_schema,
    "golive.live_readiness_checklist.v1": report_schema,
    "golive.live_orders.v1": order_document.list_schema,
    "golive.moment.v1": moment_schema,
    "golive.order.v1": order_document.order_schema,
    "golive.order_story.v1": story_schema,
    "golive.panic.v1": panic_schema,
    "golive.portfolio_check.v1": portfolio_schema,
    "golive.named_tests.v1": named_tests_schema,
    "golive.reconciliation.v1": reconciliation_schema,
    "golive.reconciliation_result.v1": reconciliation_result_schema,
    "golive.resilience_audit.v1": drill_document.audit_schema,
    "golive.risk_snapshot.v1": snapshot_schema,
    "golive.signal.v1": signal_schema,
    "golive.signoff_check.v1": compliance_document.check_schema,
    "golive.signoff_list.v1": compliance_document.list_schema,
    "golive.risk_status.v1": status_schema,
    "golive.self_healing.v1": drill_document.healing_schema,
    "golive.runbook_list.v1": runbook_table.list_schema,
    "golive.runbook_result.v1": result_schema,
    "golive.secrets.v1": secrets_schema,
    "golive.secrets_rotation.v1": rotation_schema,
    "golive.slo_report.v1": slo_schema,
    "golive.strategy.v1": strategy_document.strategy_schema,
    "golive.strategy_check.v1": strategy_document.check_schema,
    "golive.strategy_list.v1": strategy_document.list_schema,
}


@pytest.mark.parametrize("name", MADE)
def test_a_published_schema_is_the_documents(name: str) -> None:
    schema = MADE[name]()
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:golive:schema:{name}"
    published = (SCHEMAS / f"{name}.json").read_text()
    assert published == json.dumps(schema, indent=2) + "\n", f"write docs/schemas/{name}.json anew"
