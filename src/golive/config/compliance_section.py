"""`core.yaml: runtime_entrypoints.<entrypoint>.compliance`: whether an entrypoint may be live, with which limits, signed by whom.

A sign-off is made by `golive signoff add`, never typed; whether it holds is judged in `readiness/`, against the register.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Final

from .key import NAME, RELATIVE_FORM, RELATIVE_PATH, Key
from .rbac import SignOff

_NAMES: Final = "letters and digits, joined by single '_' or '-'"
_PERSON: Final = r"[a-z][a-z0-9._-]{0,31}"
_MOMENT: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z"
_MOMENT_FORM: Final = "a time in quotes such as '2026-01-10T09:00:00Z'"
SCOPE: Final = r"[a-z][a-z0-9_]{0,63}(:[A-Za-z0-9][A-Za-z0-9._-]{0,127}){1,3}"


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedOff:
    role: Annotated[str, Key("As what it is signed.", choices=tuple(str(each) for each in SignOff))]
    person: Annotated[str, Key("Who signed: a name of golive operator list.", pattern=_PERSON, form="an operator's name")]
    scope: Annotated[
        str,
        Key("What is signed: check, entrypoint and what else it holds for.", pattern=SCOPE, form="as golive signoff add prints"),
    ]
    at: Annotated[str, Key("When it was signed.", pattern=_MOMENT, form=_MOMENT_FORM)]
    expires_at: Annotated[str, Key("Until when it holds.", pattern=_MOMENT, form=_MOMENT_FORM)]
    document: Annotated[str, Key("What was read before signing, relative to home.", pattern=RELATIVE_PATH, form=RELATIVE_FORM)]
    sha256: Annotated[str, Key("Digest of that document.", pattern=r"[0-9a-f]{64}", form="64 lower-case hexadecimal digits")]
    signature: Annotated[
        str,
        Key(
            "Ed25519 over the other fields.",
            pattern=r"[A-Za-z0-9+/]{86}==",
            form="base64 of 64 bytes, as golive signoff add prints",
        ),
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Compliance:
    live_allowed: Annotated[bool, Key("Whether it may be live at all.")] = False
    risk_profiles: Annotated[
        tuple[str, ...], Key("Risk profiles it may be live with; none = none.", pattern=NAME, form=_NAMES)
    ] = ()
    require_signoff: Annotated[
        bool, Key("Whether sign-offs are asked for; false counts in rehearsal only, where no real money is.")
    ] = True
    signoffs: Annotated[tuple[SignedOff, ...], Key("Signed statements, as golive signoff add writes them.")] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RuntimeEntrypoint:
    compliance: Annotated[Compliance, Key("What has to be signed before it is live.")] = field(default_factory=Compliance)
