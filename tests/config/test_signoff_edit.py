"""Sign-offs go into `core.yaml` and out of it, and all the rest stays as it was written."""

from __future__ import annotations

import pytest

from golive.config.signoff_edit import with_sign_off, without_sign_offs
from golive.model.errors import ConfigError
from support.configuration import CORE, parse, without_compliance

BARE, ENTRYPOINT = without_compliance(CORE), "okx_desktop_paper"


def fields(role: str = "compliance", person: str = "carl", check: str = "kyc_aml_signoff") -> dict[str, str]:
    return {
        "role": role, "person": person, "scope": f"{check}:{ENTRYPOINT}", "at": "2026-01-10T09:00:00Z",
        "expires_at": "2026-07-10T00:00:00Z", "document": "var/audit/compliance/documents/0123-kyc.pdf", "sha256": "12" * 32,
        "signature": "A" * 86 + "==",
    }  # fmt: skip


HEAD = f"\nruntime_entrypoints:   # compliance alone\n  {ENTRYPOINT}:\n    compliance:\n      live_allowed: false   # shut\n"
FORMS = {
    "empty": f"{HEAD}      signoffs: []   # golive signoff add\n      # the end\n",
    "last": f"{HEAD}      signoffs: []",
    "flow": f"\nruntime_entrypoints: {{{ENTRYPOINT}: {{compliance: {{live_allowed: false, signoffs: []}}}}}}   # all in one\n",
}


def signed(text: str) -> list[tuple[str, str]]:
    rows = parse(core=BARE + text).core.runtime_entrypoints[ENTRYPOINT].compliance.signoffs
    return [(row.role, row.person) for row in rows]


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_what_was_put_in_is_read_and_taken_out_again(form: str, newline: str) -> None:
    text = before = FORMS[form].replace("\n", newline)
    for role, person in (("compliance", "carl"), ("security", "sue"), ("risk", "rita")):
        text = with_sign_off(text, ENTRYPOINT, fields(role, person))
    assert signed(text) == [("compliance", "carl"), ("security", "sue"), ("risk", "rita")]
    text = with_sign_off(text, ENTRYPOINT, fields("security", "sam"))
    assert signed(text) == [("compliance", "carl"), ("risk", "rita"), ("security", "sam")]
    assert newline == "\n" or "\n" not in text.replace("\r\n", "")
    comments = [
        part for part in ("# compliance alone", "# shut", "# golive signoff add", "# the end", "# all in one") if part in before
    ]
    assert [part for part in comments if part not in text] == []
    for gone in ("rita", "carl", "sam"):
        text = without_sign_offs(text, ENTRYPOINT, lambda row, gone=gone: row["person"] == gone)  # type: ignore[misc]
    assert signed(text) == []
    assert text.split() == before.split()


def test_comments_between_sign_offs_stay() -> None:
    text = with_sign_off(FORMS["empty"], ENTRYPOINT, fields())
    text = text.replace("        - role: compliance", "        # of January\n        - role: compliance")
    text = with_sign_off(text, ENTRYPOINT, fields("security", "sue"))
    text = without_sign_offs(text, ENTRYPOINT, lambda row: row["role"] == "security")
    assert "# of January" in text
    assert signed(text) == [("compliance", "carl")]


def test_a_person_writes_the_list_in_their_own_form() -> None:
    own = f"{HEAD}      signoffs:\n      - {{{', '.join(f'{k}: {v!r}' for k, v in fields().items())}}}  # by hand\n\n"
    text = with_sign_off(own, ENTRYPOINT, fields("risk", "rita"))
    assert signed(text) == [("compliance", "carl"), ("risk", "rita")]
    assert "# by hand" in text


def test_without_the_section_it_is_said_what_to_write() -> None:
    with pytest.raises(
        ConfigError, match=r"core.yaml has no runtime_entrypoints.okx_desktop_paper; write .*signoffs: \[\] there"
    ):
        with_sign_off("\nruntime_entrypoints: {}\n", ENTRYPOINT, fields())
