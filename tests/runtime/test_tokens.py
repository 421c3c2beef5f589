"""Session tokens as they are issued and shown: one for a person and certificate, and of each no more than who it is of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from golive.config.mtls_section import Mtls
from golive.config.rbac import Role
from golive.config.session_token import SessionToken
from golive.model.clock import MINUTE, SECOND
from golive.model.errors import JournalError
from golive.runtime.tokens import issue_token, valid_tokens
from golive.security.certificate_maker import LeafRole, make_authority, make_leaf
from golive.security.operators import OperatorIdentity
from golive.security.session_token import LONGEST_MINUTES, token_digest
from golive.services.proto import status_pb2
from golive.storage.security_admin import PATH as LOG
from golive.storage.session_tokens import SessionTokens
from support.durable import ToldClock

PAGE = (Path(__file__).resolve().parents[2] / "docs/security/mtls.md").read_text(encoding="utf-8")
ANNA, BERT = OperatorIdentity("anna", frozenset({Role.VIEWER})), OperatorIdentity("bert", frozenset({Role.VIEWER}))


@pytest.fixture
def clock() -> ToldClock:
    return ToldClock()


@pytest.fixture
def certificates(tmp_path: Path, clock: ToldClock) -> Sequence[Path]:
    authority = make_authority(clock.time)
    found = [tmp_path / "one.pem", tmp_path / "two.pem"]
    for path in found:
        path.write_bytes(make_leaf(authority, LeafRole.CLIENT, [], clock.time).certificate)
        path.chmod(0o600)
    return found


def issued(home: Path, by: OperatorIdentity, certificate: Path, clock: ToldClock) -> tuple[SessionToken, str]:
    clock.time += SECOND
    token, text = issue_token(home, Mtls(), by, certificate=certificate, clock=clock)
    return token, text.reveal()


def test_who_proves_themselves_again_has_a_new_token_and_the_old_one_is_over(
    tmp_path: Path, clock: ToldClock, certificates: Sequence[Path]
) -> None:
    one, two = certificates
    first, first_text = issued(tmp_path, ANNA, one, clock)
    elsewhere, _ = issued(tmp_path, ANNA, two, clock)
    of_bert, _ = issued(tmp_path, BERT, one, clock)
    with closing(SessionTokens(tmp_path)) as server:  # one that has seen the old token before
        digest = token_digest(first_text)
        assert digest is not None
        assert server.find(digest) == first
        again, again_text = issued(tmp_path, ANNA, one, clock)
        found = server.find(digest)
    assert found is not None
    assert found.revoked_at == again.issued_at
    assert (again_text != first_text, again.id != first.id) == (True, True)
    last = json.loads((tmp_path / LOG).read_text().splitlines()[-1])
    assert (last["type"], last["body"]["instead_of"]) == ("token_issued", [first.id])
    assert {token.id for token in valid_tokens(tmp_path, clock=clock)} == {elsewhere.id, of_bert.id, again.id}


def test_a_token_that_cannot_be_kept_ends_none(tmp_path: Path, clock: ToldClock, certificates: Sequence[Path]) -> None:
    first, _ = issued(tmp_path, ANNA, certificates[0], clock)
    with closing(SessionTokens(tmp_path)) as tokens:
        with pytest.raises(JournalError, match="UNIQUE"):
            tokens.renew(replace(first, issued_at=first.issued_at + SECOND))
        assert [token.id for token in tokens.valid(clock.time)] == [first.id]


def test_a_session_ends_by_itself_as_the_page_says_used_or_not(
    tmp_path: Path, clock: ToldClock, certificates: Sequence[Path]
) -> None:
    assert f"{LONGEST_MINUTES} minutes at most, used or not" in PAGE
    assert "one for a person and a certificate" in PAGE
    issued(tmp_path, ANNA, certificates[0], clock)
    clock.time += LONGEST_MINUTES * MINUTE - SECOND
    assert len(valid_tokens(tmp_path, clock=clock)) == 1
    clock.time += SECOND
    assert valid_tokens(tmp_path, clock=clock) == []


def test_a_list_of_sessions_tells_who_and_how_long_and_no_more() -> None:
    """What lets somebody in, its hash, and what was never asked for, are in no reply."""
    told = {field.name for field in status_pb2.Session.DESCRIPTOR.fields}
    assert told == {"id", "operator", "roles", "certificate_sha256", "issued_at", "expires_at"}
    status = {field.name for field in status_pb2.StatusReply.DESCRIPTOR.fields}
    assert status == {
        "code_version",
        "time",
        "started_at",
        "trading_state",
        "certificate_sha256",
        "certificate_not_after",
        "certificate_renew_from",
    }
