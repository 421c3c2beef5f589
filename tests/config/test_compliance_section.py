"""`runtime_entrypoints`: what the strict loader takes and what it refuses."""

from __future__ import annotations

import pytest

from support.configuration import CORE, only_problem, parse, problems, without_compliance

SIGNED = """\
        - role: compliance
          person: carl
          scope: kyc_aml_signoff:okx_desktop_paper
          at: "2026-01-10T09:00:00Z"
          expires_at: "2026-07-10T00:00:00Z"
          document: var/audit/compliance/documents/kyc.pdf
          sha256: {sha256}
          signature: "{signature}"
"""
SECTION = f"""
runtime_entrypoints:
  okx_desktop_paper:
    compliance:
      live_allowed: true
      risk_profiles: [balanced]
      require_signoff: true
      signoffs:
{SIGNED.format(sha256="ab" * 32, signature="A" * 86 + "==")}"""


BARE = without_compliance(CORE)


def test_sign_offs_are_read() -> None:
    compliance = parse(core=BARE + SECTION).core.runtime_entrypoints["okx_desktop_paper"].compliance
    assert (compliance.live_allowed, compliance.risk_profiles, compliance.require_signoff) == (True, ("balanced",), True)
    assert [(each.role, each.person) for each in compliance.signoffs] == [("compliance", "carl")]


def test_an_entrypoint_without_the_section_is_not_allowed_live() -> None:
    assert (
        not parse(core=BARE + "\nruntime_entrypoints: {okx_desktop_paper: {}}\n")
        .core.runtime_entrypoints["okx_desktop_paper"]
        .compliance.live_allowed
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("role: compliance", "role: boss"),
        ("person: carl", "person: Carl Smith"),
        ('"2026-01-10T09:00:00Z"', '"yesterday"'),
        ("var/audit/", "/var/audit/"),
        ("documents/kyc", "../kyc"),
        ("ab" * 32, "AB" * 32),
        ("AAA==", "AAAA="),
        ("scope: kyc_aml_signoff:okx_desktop_paper", "scope: all"),
        ("require_signoff: true", "require_signoff: maybe"),
        ("okx_desktop_paper:\n", "okx_desktop_pager:\n"),
        ("[balanced]", "[balances]"),
        ("          person: carl\n", ""),
        ("live_allowed: true", "live_alowed: true"),
        ("live_allowed: true", "live_allowed: true\n      signed: true"),
    ],
)
def test_what_is_not_of_its_form_is_refused(old: str, new: str) -> None:
    assert old in SECTION
    assert problems(core=BARE + SECTION.replace(old, new, 1))


def test_an_entrypoint_that_does_not_exist_is_named_with_its_nearest() -> None:
    told = str(only_problem(core=BARE + "\nruntime_entrypoints: {okx_desktop_pager: {}}\n"))
    assert "there is no entrypoint okx_desktop_pager" in told
    assert "okx_desktop_paper" in told
