"""promtool (Debian package prometheus) as the judge of metrics, rules and configuration."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool (Debian package prometheus) is not installed"
)


def promtool(*words: str | Path, given: str = "") -> str:
    """Return what promtool says; fail the test when it refuses."""
    done = subprocess.run(["promtool", *map(str, words)], capture_output=True, text=True, check=False, input=given)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def firing(rules: Sequence[Path], series: Mapping[str, str], at: str, place: Path) -> dict[str, str]:
    """Return the severity of each alert that fires at that time, by its name, when the series had these values every 15 s."""
    document = {
        "rule_files": [str(path) for path in rules],
        "evaluation_interval": "15s",
        "tests": [
            {
                "interval": "15s",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "promql_expr_test": [
                    # expected to be nothing, so that promtool tells what it is
                    {"expr": 'max by (alertname, severity) (ALERTS{alertstate="firing"})', "eval_time": at, "exp_samples": []}
                ],
            }
        ],
    }
    path = place / "rules.test.json"  # JSON is YAML
    path.write_text(json.dumps(document))
    done = subprocess.run(["promtool", "test", "rules", str(path)], capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    fired = dict(re.findall(r'\{alertname="(\w+)", severity="(\w+)"\} 1E\+00', said))
    assert (done.returncode == 0) is not bool(fired), said
    return fired
