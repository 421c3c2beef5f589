"""Alert rules as the files that Prometheus loads.

Source: https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/
"""

from __future__ import annotations

import yaml

from .alert_rules import AlertRule, RuleFile, duration

HEADER = """\
# Made by `golive metrics rules` of the thresholds in config/: change them there and make this file again.
# What each alert means and what to do: docs/monitoring.md
"""


def rule_text(file: RuleFile) -> str:
    """Return the YAML text of one file."""
    document = {"groups": [{"name": f"golive_{file.stem}", "rules": [_rule(each) for each in file.rules]}]}
    return HEADER + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=10_000)


def _rule(rule: AlertRule) -> dict[str, object]:
    where = {"environment": rule.environment} if rule.environment else {}  # promtool refuses two rules of equal labels
    held = {"for": duration(rule.hold_s)} if rule.hold_s else {}
    return {
        "alert": rule.alert,
        "expr": rule.expression,
        **held,
        "labels": {"severity": rule.severity, **where},
        "annotations": {"summary": rule.summary, "action": rule.action},
    }
