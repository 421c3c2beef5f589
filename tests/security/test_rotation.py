"""The 90 days of a key, by a clock that is told the time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from golive.model.clock import DAY, MINUTE, SECOND
from golive.model.errors import ConfigError
from golive.model.verdict import Verdict
from golive.security.rotation import KeyRotation, addresses_sha256, checked_addresses, newest, state_of, told_addresses
from support.durable import START

KEY = "okx_paper_trading"
ROTATED = KeyRotation(
    keychain_key=KEY, rotated_at=START, old_key_fingerprint="", new_key_fingerprint="a" * 64, ip_allowlist_sha256="b" * 64
)


@pytest.mark.parametrize(
    ("after", "verdict", "reason", "due_seconds"),
    [
        (0, Verdict.OK, "", 90 * 86_400),
        (76 * DAY, Verdict.OK, "", 14 * 86_400),
        (76 * DAY + 1, Verdict.OK, "due soon", 14 * 86_400),
        (90 * DAY, Verdict.OK, "due soon", 0),
        (90 * DAY + SECOND, Verdict.BLOCKED, "overdue since", -1),
        (91 * DAY, Verdict.BLOCKED, "overdue since", -86_400),
        (400 * DAY, Verdict.BLOCKED, "overdue since", -310 * 86_400),
        (-4 * MINUTE, Verdict.OK, "", 90 * 86_400 + 240),
        (-6 * MINUTE, Verdict.BLOCKED, "is the clock right", 0),
        (-30 * DAY, Verdict.BLOCKED, "is the clock right", 0),
    ],
)
def test_a_key_is_good_for_ninety_days(after: int, verdict: Verdict, reason: str, due_seconds: float) -> None:
    state = state_of([ROTATED], KEY, START + after)
    assert (state.verdict, bool(state.reason)) == (verdict, bool(reason))
    assert reason in state.reason
    assert state.due_seconds(START + after) == pytest.approx(due_seconds)


def test_a_key_that_was_never_rotated_or_never_probed_is_blocked_and_its_figure_is_zero() -> None:
    for records, reason in (
        ([], "never rotated"),
        ([replace(ROTATED, keychain_key="other")], "never rotated"),
        ([ROTATED, replace(ROTATED, verified_by="")], "was not asked"),
    ):
        state = state_of(records, KEY, START)
        assert state.verdict is Verdict.BLOCKED
        assert reason in state.reason
        assert state.due_seconds(START) == 0


def test_the_last_record_of_a_key_counts() -> None:
    again = replace(ROTATED, rotated_at=START + 80 * DAY, new_key_fingerprint="c" * 64)
    records = [ROTATED, again, replace(ROTATED, keychain_key="other")]
    assert newest(records, KEY) is again
    assert state_of(records, KEY, START + 100 * DAY).verdict is Verdict.OK


def test_addresses_have_one_spelling_and_one_digest() -> None:
    assert checked_addresses(["10.0.0.1 ", "2001:DB8::1", "10.0.0.1/32", "10.0.1.0/24"]) == (
        "10.0.0.1",
        "10.0.1.0/24",
        "2001:db8::1",
    )
    assert addresses_sha256(("10.0.0.2", "10.0.0.1")) == addresses_sha256(("10.0.0.1", "10.0.0.2")) != addresses_sha256(())
    assert told_addresses(["10.0.0.1/32", "10.0.0.*"]) == ("10.0.0.*", "10.0.0.1")
    for wrong in ("10.0.0.1/24", "localhost", "10.0.0.256", ""):
        with pytest.raises(ConfigError, match=r"--ip: .*; give an IP address"):
            checked_addresses([wrong])
