"""`runtime.yaml: licensing`: whether a licence is needed, where it lies, whose is good. In words: docs/security/licences.md."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Final

from .key import RELATIVE_FORM, RELATIVE_PATH, Key

_PROFILE: Final = r"[a-z][a-z0-9_-]{0,31}"
_PROFILE_FORM: Final = "a profile such as desktop, or the label of an exchange"
_ISSUER: Final = r"(?!development$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_ISSUER_FORM: Final = "letters, digits, '.', '_' and '-'; development is what an installation makes itself"


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnIssuerKey:
    issuer: Annotated[str, Key("Whose key it is.", pattern=_ISSUER, form=_ISSUER_FORM)]
    public_key: Annotated[str, Key("Its raw Ed25519 public half in hex.", pattern=r"[0-9a-f]{64}", form="64 hex digits")]


@dataclass(frozen=True, kw_only=True, slots=True)
class License:
    license_path: Annotated[str, Key("Where the licence lies, relative to home.", pattern=RELATIVE_PATH, form=RELATIVE_FORM)] = (
        "var/licenses/active/license.json"
    )
    fingerprint_path: Annotated[
        str, Key("Where the fingerprint lies that goes with it.", pattern=RELATIVE_PATH, form=RELATIVE_FORM)
    ] = "var/licenses/active/fingerprint.json"
    revocation_list_path: Annotated[
        str, Key("Where the issuer's list of revocations lies.", pattern=RELATIVE_PATH, form=RELATIVE_FORM)
    ] = "var/licenses/active/revocations.json"
    allowed_profiles: Annotated[
        tuple[str, ...],
        Key("What may be used of what a licence allows; labels of exchanges are entitlements to these.", pattern=_PROFILE,
            form=_PROFILE_FORM, at_least=1),
    ] = ("desktop", "okx", "kraken", "bybit")  # fmt: skip
    allowed_issuers: Annotated[
        tuple[str, ...], Key("Whose licences are good here.", pattern=_ISSUER, form=_ISSUER_FORM, at_least=1)
    ] = ("dudzian",)
    max_validity_days: Annotated[
        int, Key("A licence that is good for longer is refused.", unit="days", minimum=1, maximum=3660)
    ] = 400
    issuer_keys: Annotated[
        tuple[OwnIssuerKey, ...], Key("Keys of an issuer of your own, beside those that ship with the program.")
    ] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Licensing:
    enforcement: Annotated[
        bool, Key("Whether nothing starts without a valid licence. An error to switch off where an environment is live.")
    ] = True
    grace_period_hours: Annotated[
        int,
        Key("How long a licence that has run out, or whose list has, is good still. Nothing else has grace.", unit="hours",
            minimum=0, maximum=720),
    ] = 72  # fmt: skip
    license: Annotated[License, Key("The licence.")] = field(default_factory=License)
