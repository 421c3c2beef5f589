"""One status and one exit code from everything that was found."""

from __future__ import annotations

from typing import Any

import pytest

from golive.model.verdict import RunStatus
from golive.observability.status import decide_status


@pytest.mark.parametrize(
    ("verdicts", "options", "status", "code"),
    [
        (["ok"], {}, "success", 0),
        (["ok", "not_applicable"], {}, "success", 0),
        (["ok", "unknown"], {}, "unknown", 6),
        (["unknown", "breached", "ok"], {}, "breached", 5),
        (["not_configured"], {}, "unknown", 6),
        (["a word nobody knows"], {}, "unknown", 6),
        ([], {}, "unknown", 6),
        (["ok"], {"validation_failed": True}, "validation_failed", 4),
        (["breached"], {"validation_failed": True}, "validation_failed", 4),
        (["ok"], {"blocked": True}, "blocked", 3),
        (["ok", "blocked"], {}, "blocked", 3),
        (["ok"], {"internal_error": True, "blocked": True}, "error", 70),
        (["unknown"], {"allow_unknown": True, "phase": "warming_up"}, "unknown", 0),
        (["unknown"], {"allow_unknown": True}, "unknown", 6),
        (["breached"], {"allow_unknown": True, "phase": "warming_up"}, "breached", 5),
        (["ok"], {"running": True}, "unknown", 6),
        (["ok"], {"running": True, "allow_unknown": True, "phase": "warming_up"}, "unknown", 6),
        (["breached"], {"running": True}, "breached", 5),
    ],
)
def test_the_worst_kind_of_ending_wins(verdicts: list[str], options: dict[str, Any], status: str, code: int) -> None:
    decision = decide_status(verdicts, **({"phase": "stable"} | options))
    assert (decision.status, decision.exit_code) == (RunStatus(status), code)
