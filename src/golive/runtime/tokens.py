"""Session tokens of named people: issued to who proved it, listed, revoked; each on the record before it holds."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from golive.config.mtls_section import Mtls
from golive.config.rbac import Act
from golive.config.session_token import SessionToken
from golive.model.clock import Clock, to_iso
from golive.model.errors import ConfigError, PrerequisiteMissing
from golive.model.json import JsonObject
from golive.model.secret import Secret
from golive.security.certificate import Certificate, read_certificate
from golive.security.certificate_maker import LeafRole
from golive.security.operators import OperatorIdentity
from golive.security.session_token import LONGEST_MINUTES, new_token
from golive.storage.session_tokens import PATH, SessionTokens

from .clock import SystemClock
from .mtls.place import BundlePlace, content
from .operators import record_act


def issue_token(
    home: Path,
    section: Mtls,
    by: OperatorIdentity,
    *,
    certificate: Path | None = None,
    minutes: int = LONGEST_MINUTES,
    clock: Clock | None = None,
) -> tuple[SessionToken, Secret]:
    """Return a new token for `by`, good with one client certificate only: that in the file, or the bundle's.

    It takes the place of the one that the person has with that certificate: a person has one session there.

    Raises ConfigError for a certificate that is none of a client or not valid now, and for a life out of bounds; JournalError
    when it cannot be recorded or kept.
    """
    clock = clock or SystemClock()
    path = certificate or BundlePlace.of(home, section).certificates[LeafRole.CLIENT]
    bound = _client(path, clock.now())
    token, text = new_token(by, bound.sha256, clock.now(), minutes)
    with closing(SessionTokens(home)) as tokens:
        held = [each for each in tokens.valid(token.issued_at) if each.operator == by.name]
        body: JsonObject = {
            "id": token.id,
            "instead_of": [each.id for each in held if each.certificate_sha256 == token.certificate_sha256],
            "roles": sorted(token.roles),
            "scopes": sorted(token.scopes),
            "certificate_sha256": token.certificate_sha256,
            "expires_at": to_iso(token.expires_at),
        }
        record_act(home, "token_issued", body, by.name, clock=clock)
        tokens.renew(token)
    return token, text


def valid_tokens(home: Path, *, clock: Clock | None = None) -> Sequence[SessionToken]:
    """Return the tokens that let somebody in now; JournalError when they cannot be read."""
    if not (home / PATH).exists():
        return ()
    with closing(SessionTokens(home)) as tokens:
        return tokens.valid((clock or SystemClock()).now())


def revoke_token(home: Path, id_: str, by: OperatorIdentity, *, clock: Clock | None = None) -> None:
    """Revoke one token by its id: one's own, or with `token.revoke` anybody's; it lets nobody in from the next call on.

    Raises ConfigError when none of that id is valid, PrerequisiteMissing when it is somebody else's.
    """
    clock = clock or SystemClock()
    found = next((token for token in valid_tokens(home, clock=clock) if token.id == id_), None)
    if found is None:
        raise ConfigError(f"{id_!r:.40}: no valid token has this id; golive token list shows them")
    if found.operator != by.name and not by.may(Act.TOKEN_REVOKE):
        raise PrerequisiteMissing(f"{by.name} may revoke their own tokens only; those of others take role secops")
    record_act(home, "token_revoked", {"id": id_, "of": found.operator}, by.name, clock=clock)
    with closing(SessionTokens(home)) as tokens:
        tokens.revoke(id_, clock.now())


def _client(path: Path, now: int) -> Certificate:
    pem = content(path)
    if pem is None:
        raise ConfigError(f"{path}: is missing; scripts/generate_mtls_bundle.py makes a bundle")
    found = read_certificate(pem, str(path))
    if found.usages != (LeafRole.CLIENT.usage,):
        raise ConfigError(f"{path}: is no certificate of a client")
    if not found.not_before <= now < found.not_after:
        raise ConfigError(f"{path}: is not valid now; scripts/generate_mtls_bundle.py rotate renews it")
    return found
