"""The gatekeeper and the tokens: a thousand forgeries of every kind and none let in, as many good ones and none refused."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool

from golive.config.rbac import SCOPES, Role, Scope
from golive.config.session_token import SessionToken
from golive.model.clock import DAY, MINUTE, SECOND
from golive.model.errors import ConfigError, JournalError
from golive.model.json import JsonObject
from golive.model.secret import Secret
from golive.security.certificate_maker import Leaf, LeafRole, make_authority, make_leaf
from golive.security.operators import OperatorIdentity
from golive.security.session_token import TokenRefusal, new_token, objection, token_digest
from golive.services.gatekeeper import Admitted, Answer, CallLimits, Gatekeeper, Refused
from golive.services.refusal_record import RefusalRecord
from golive.services.scope import scopes_by_method
from golive.storage.session_tokens import PATH, SessionTokens
from support.durable import ToldClock
from support.mtls import odd_leaf, token_of
from support.wall_clock import WallClock

SEED = 20260110
UNLIMITED = CallLimits(1e9, 1e9)
COUNT = 1000


@dataclass
class Gate:
    home: Path
    clock: ToldClock
    leaf: Leaf
    other: Leaf
    tokens: SessionTokens
    keeper: Gatekeeper

    def token(self, *roles: Role, **more: object) -> str:
        return token_of(self.home, roles, self.leaf, self.clock.time, **more)  # type: ignore[arg-type]

    def ask(self, token: str | None, scope: Scope = Scope.STATUS_READ, leaf: Leaf | None = None) -> Admitted | Refused:
        return self.keeper.admit((leaf or self.leaf).certificate, token, scope)


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    clock = ToldClock()
    authority = make_authority(clock.time)
    leaf, other = (make_leaf(authority, LeafRole.CLIENT, [], clock.time) for _ in range(2))
    with closing(SessionTokens(tmp_path)) as tokens:
        keeper = Gatekeeper(clock=clock, tokens=tokens, revoked=frozenset, limits=UNLIMITED)
        yield Gate(tmp_path, clock, leaf, other, tokens, keeper)


def test_no_forgery_of_a_thousand_is_let_in(gate: Gate) -> None:
    draw = random.Random(SEED)
    good = gate.token(Role.OPERATOR)
    forged: list[str] = []
    for position in range(len(good)):  # every place, every bit that leaves ASCII
        forged += [good[:position] + chr(ord(good[position]) ^ 1 << bit) + good[position + 1 :] for bit in range(7)]
    forged += [good[:cut] for cut in range(len(good))] + [good + end for end in ("=", "A", " ", "\n", good)]
    while len(forged) < COUNT:
        forged.append(new_token(OperatorIdentity("anna", frozenset(Role)), "a" * 64, gate.clock.time, 15)[1].reveal())
    forged += ["".join(draw.choices("abcXYZ019_-", k=48)) for _ in range(COUNT)]
    accepted = [token for token in forged if not isinstance(gate.ask(token), Refused)]
    assert (len(forged) >= 2 * COUNT, accepted) == (True, [])
    assert isinstance(gate.ask(good), Admitted)


def test_no_expired_future_revoked_or_borrowed_token_of_a_thousand_is_let_in(gate: Gate) -> None:
    now, kept = gate.clock.time, gate.tokens
    identity = OperatorIdentity("anna", frozenset({Role.OPERATOR}))
    bad: list[tuple[str, Leaf, TokenRefusal]] = []
    issued = [(now - 15 * MINUTE, TokenRefusal.EXPIRED), (now + 6 * SECOND, TokenRefusal.FUTURE), (now, TokenRefusal.CERTIFICATE)]
    for at, why in issued:
        for _ in range(COUNT // 4 + 1):
            text = token_of(gate.home, [Role.OPERATOR], gate.leaf, at)
            bad.append((text, gate.other if why is TokenRefusal.CERTIFICATE else gate.leaf, why))
    for _ in range(COUNT // 4):
        token, text_secret = new_token(identity, "f" * 64, now, 15)
        kept.add(token)
        assert kept.revoke(token.id, now)
        bad.append((text_secret.reveal(), gate.leaf, TokenRefusal.REVOKED))
    assert len(bad) >= COUNT
    for text, leaf, why in bad:
        found = gate.ask(text, leaf=leaf)
        assert isinstance(found, Refused), why
        assert (found.answer, found.reason) == (Answer.UNAUTHENTICATED, why)


def test_no_valid_token_of_a_thousand_is_refused(gate: Gate) -> None:
    roles = sorted(SCOPES[Scope.STATUS_READ])
    texts = [gate.token(roles[number % len(roles)], minutes=5 + number % 11) for number in range(COUNT)]
    gate.clock.time += 5 * MINUTE - 2 * SECOND
    assert [text for text in texts if not isinstance(gate.ask(text), Admitted)] == []
    assert len(set(texts)) == COUNT


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"audience": "golive.cloud"}, TokenRefusal.AUDIENCE),
        ({"scopes": frozenset({Scope.HEALTH_READ})}, TokenRefusal.SCOPE),
        ({"roles": frozenset({Role.OEM})}, TokenRefusal.SCOPE),
        ({"roles": frozenset()}, TokenRefusal.SCOPE),
        ({"expires_at": 10 * DAY}, TokenRefusal.FUTURE),
        ({"digest": bytes(32)}, TokenRefusal.UNKNOWN),
        ({}, None),
    ],
)
def test_everything_that_is_kept_of_a_token_is_asked(change: dict[str, object], why: TokenRefusal | None) -> None:
    fields: dict[str, object] = {
        "id": "1", "digest": b"d" * 32, "operator": "anna", "roles": frozenset({Role.VIEWER}),
        "scopes": frozenset({Scope.STATUS_READ}), "audience": "golive.services", "certificate_sha256": "c" * 64,
        "issued_at": DAY, "expires_at": DAY + 15 * MINUTE,
    }  # fmt: skip
    token = SessionToken(**(fields | change))  # type: ignore[arg-type]
    assert objection(token, b"d" * 32, "c" * 64, Scope.STATUS_READ, DAY + MINUTE) is why
    assert objection(None, b"d" * 32, "c" * 64, Scope.STATUS_READ, DAY) is TokenRefusal.UNKNOWN


def test_of_a_token_only_its_hash_is_kept_and_in_a_private_file(gate: Gate) -> None:
    text = gate.token(Role.OPERATOR)
    folder = (gate.home / PATH).parent
    assert (gate.home / PATH).stat().st_mode & 0o777 == 0o600
    held = b"".join(path.read_bytes() for path in folder.iterdir())
    assert text.encode() not in held
    assert text.removeprefix("glv1.").encode() not in held
    digest = token_digest(text)
    assert digest is not None
    assert digest in held
    assert repr(Secret(text)) == "***"


@pytest.mark.parametrize("minutes", [4, 16, 0, -1])
def test_a_token_lives_five_to_fifteen_minutes(minutes: int) -> None:
    with pytest.raises(ConfigError, match="5 to 15"):
        new_token(OperatorIdentity("anna", frozenset({Role.VIEWER})), "c" * 64, 0, minutes)


def test_all_tokens_of_a_person_end_at_once_and_old_ones_are_forgotten(gate: Gate) -> None:
    mine, theirs = gate.token(Role.VIEWER), gate.token(Role.VIEWER, name="bert")
    assert gate.tokens.revoke_all_of("anna", gate.clock.time) == 1
    assert (isinstance(gate.ask(mine), Refused), isinstance(gate.ask(theirs), Admitted)) == (True, True)
    assert [token.operator for token in gate.tokens.valid(gate.clock.time)] == ["bert"]
    gate.clock.time += 2 * DAY
    gate.token(Role.VIEWER, name="carl")
    with closing(sqlite3.connect(gate.home / PATH)) as connection:
        assert connection.execute("SELECT operator FROM token").fetchall() == [("carl",)]


def test_what_another_process_revokes_is_out_with_the_next_call(gate: Gate) -> None:
    mine, theirs = gate.token(Role.VIEWER), gate.token(Role.VIEWER, name="bert")
    assert all(isinstance(gate.ask(text), Admitted) for text in (mine, theirs, mine))
    with closing(SessionTokens(gate.home)) as other:
        [first] = [token for token in other.valid(gate.clock.time) if token.operator == "anna"]
        assert other.revoke(first.id, gate.clock.time)
        assert not other.revoke(first.id, gate.clock.time)
    assert (isinstance(gate.ask(mine), Refused), isinstance(gate.ask(theirs), Admitted)) == (True, True)


def test_tokens_that_cannot_be_read_let_nobody_in(gate: Gate, tmp_path: Path) -> None:
    text = gate.token(Role.VIEWER)
    gate.tokens.close()
    found = gate.ask(text)
    assert (isinstance(found, Refused) and found.answer, found.reason) == (Answer.UNAVAILABLE, "records_unreadable")  # type: ignore[union-attr]
    (tmp_path / PATH).write_bytes(b"not a database, though as long as one would have to be to be looked at" * 100)
    with pytest.raises(JournalError, match="session_tokens"):
        SessionTokens(tmp_path)
    (tmp_path / PATH).chmod(0o644)
    with pytest.raises(JournalError, match="chmod"):
        SessionTokens(tmp_path)


def test_certificates_are_judged_by_what_they_say(gate: Gate) -> None:
    authority = make_authority(gate.clock.time)
    server = make_leaf(authority, LeafRole.SERVER, ["localhost"], gate.clock.time)
    told = {}
    for what, pem in {
        "none": None,
        "empty": b"",
        "no PEM": b"x" * 100,
        "long": b"x" * 99_999,
        "server": server.certificate,
    }.items():
        found = gate.keeper.admit(pem, None, Scope.HEALTH_READ)
        assert isinstance(found, Refused)
        told[what] = found.reason
    assert set(told.values()) == {"no_certificate", "certificate_unreadable", "certificate_usage"}
    today = Gatekeeper(clock=WallClock(), tokens=gate.tokens, revoked=frozenset, limits=UNLIMITED)
    assert isinstance(today.admit(odd_leaf(authority).certificate, None, Scope.HEALTH_READ), Admitted)
    signer = today.admit(odd_leaf(authority, is_authority=True).certificate, None, Scope.HEALTH_READ)
    assert isinstance(signer, Refused)
    assert signer.reason == "certificate_usage", "a client in all but that it may sign others"
    future = odd_leaf(authority)  # valid by the real clock, which is not the one that is told here
    found = gate.keeper.admit(future.certificate, None, Scope.HEALTH_READ)
    assert isinstance(found, Refused)
    assert found.reason == "certificate_not_yet_valid"


def test_who_calls_too_often_waits_and_refusals_count_tenfold(gate: Gate) -> None:
    keeper = Gatekeeper(clock=gate.clock, tokens=gate.tokens, revoked=frozenset, limits=CallLimits(per_second=0.001, burst=50))

    def health(leaf: Leaf) -> bool:
        return isinstance(keeper.admit(leaf.certificate, None, Scope.HEALTH_READ), Admitted)

    assert [health(gate.leaf) for _ in range(51)] == [True] * 50 + [False]
    assert health(gate.other)
    for _ in range(5):
        keeper.admit(gate.other.certificate, "glv1.guess", Scope.STATUS_READ)
    assert not health(gate.other)


def test_refusals_are_recorded_first_ones_each_others_counted() -> None:
    written: list[JsonObject] = []
    clock = ToldClock()
    record = RefusalRecord(clock, lambda _, body: written.append(body))
    for _ in range(500):
        record.note(Refused(Answer.UNAUTHENTICATED, "unknown_token", "p" * 64), "/a/B")
    record.note(Refused(Answer.DENIED, "scope", "p" * 64, "anna"), "/a/B")
    assert [body["reason"] for body in written] == ["unknown_token"] * 3 + ["scope"]
    for number in range(500):
        record.note(Refused(Answer.UNAUTHENTICATED, "no_certificate", f"{number}"), "/a/B")
    assert len(written) == 60

    def fails(_: str, __: JsonObject) -> None:
        raise JournalError("the disk is full")

    broken = RefusalRecord(clock, fails)
    broken.note(Refused(Answer.DENIED, "scope", "p"), "/a/B")
    assert broken.failure == "the disk is full"


@pytest.mark.parametrize("scope", ["", "status.write"])
def test_a_method_without_a_scope_of_the_table_is_not_served(scope: str) -> None:
    from golive.services.proto import access_pb2

    file = descriptor_pb2.FileDescriptorProto(name=f"odd{len(scope)}.proto", package=f"odd{len(scope)}", syntax="proto3")
    file.dependency.append("golive/services/proto/access.proto")
    file.message_type.add(name="Nothing")
    service = file.service.add(name="Odd")
    method = service.method.add(name="Do", input_type=f".odd{len(scope)}.Nothing", output_type=f".odd{len(scope)}.Nothing")
    if scope:
        method.options.Extensions[access_pb2.scope] = scope
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    with pytest.raises(ConfigError, match=r"Odd/Do names (no|the) scope"):
        scopes_by_method([pool.FindFileByName(file.name)])
