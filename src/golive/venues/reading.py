"""What a venue's answer says: the payload of a success, or all the evidence of a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from golive.model.clock import Clock
from golive.model.errors import MalformedPayload

from . import strict_json
from .ccxt_client import Ccxt, exception_names
from .classify import AttemptFailed, Evidence
from .dialect import Payload
from .meaning import Meaning
from .profile import VenueProfile
from .retry_after import retry_after
from .signed import Signed

if TYPE_CHECKING:
    from .transport import Answer

_BODY_SEEN: Final = 2000


class Reading:
    """Reads the answers of one venue; CCXT's `client` lends its error table."""

    def __init__(self, profile: VenueProfile, client: Ccxt, clock: Clock) -> None:
        self._profile = profile
        self._client = client
        self._clock = clock

    def payload(self, signed: Signed, answer: Answer) -> Payload:
        """Return the payload of a success; raise AttemptFailed with all the evidence otherwise."""
        try:
            payload = strict_json.parse(answer.body)
            codes = self._profile.dialect.codes(payload)
        except MalformedPayload as exc:
            raise AttemptFailed(self._unreadable(answer, str(exc))) from exc
        if not codes and answer.status == 200:
            return payload
        names = self._ccxt_names(signed, answer, payload)
        detail = f"HTTP {answer.status}, code {codes[0] if codes else 'none'}: {_beginning(answer)}"
        told = retry_after(answer.headers, self._clock.now())
        evidence = Evidence(detail, codes, names, answer.status, told.seconds, None, told.unread, _beginning(answer))
        raise AttemptFailed(evidence)

    def _unreadable(self, answer: Answer, detail: str) -> Evidence:
        """An answer without the venue's envelope: judged by its HTTP status, malformed if that claims success."""
        transport = Meaning.MALFORMED if answer.status < 400 else None
        told = retry_after(answer.headers, self._clock.now())
        return Evidence(
            f"HTTP {answer.status}: {detail}",
            http_status=answer.status,
            retry_after_s=told.seconds,
            retry_after_unread=told.unread,
            transport=transport,
            body=_beginning(answer),
        )

    def _ccxt_names(self, signed: Signed, answer: Answer, payload: Payload) -> tuple[str, ...]:
        """What CCXT's own error table says about this answer."""
        from ccxt.base.errors import BaseError

        text = answer.body.decode(errors="replace")
        try:
            self._client.handle_errors(
                answer.status, "", signed.url, signed.method, answer.headers, text, payload, signed.headers, signed.body
            )
        except BaseError as exc:
            return exception_names(exc)
        except Exception:  # noqa: BLE001 - CCXT stumbles over payloads it does not expect: then its table has no opinion
            return ()
        return ()


def _beginning(answer: Answer) -> str:
    return answer.body[:_BODY_SEEN].decode(errors="replace")
