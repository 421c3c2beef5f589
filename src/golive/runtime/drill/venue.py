"""A simulated venue that a drill breaks: started as sessions start theirs, controlled over its own routes on loopback."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

from golive.model.errors import VenueUnavailable
from golive.model.secret import Credentials
from golive.security import EmbeddedSecretStore
from golive.venues.registry import profile_named

from ..embedded_venue import EmbeddedVenue, VenueOptions

SYMBOL: Final = "BTC/USDT"
MONEY: Final = {"USDT": Decimal(1_000_000), "BTC": Decimal(10)}
CONTROL_S: Final = 5.0
KEY: Final = "drill"


@dataclass(frozen=True, slots=True)
class DrillVenue:
    """One running venue; `adapter` is the id of who trades there, `okx_spot`."""

    adapter: str
    process: EmbeddedVenue
    credentials: Credentials

    @classmethod
    async def start(cls, adapter: str, time_scale: int, seed: int) -> DrillVenue:
        """Start a venue of its own, at the pace of the wall clock; raises VenueUnavailable when it does not come up."""
        profile = profile_named(adapter)
        credentials = EmbeddedSecretStore({KEY: profile.credential_forms}).credentials(KEY)
        assert credentials is not None
        options = VenueOptions(
            dialect=profile.label, speed="1", seed=seed, steps=None, symbols=(SYMBOL,), timeframe="1m", balances=MONEY,
            history=5, time_scale=time_scale,
        )  # fmt: skip
        return cls(adapter, await EmbeddedVenue.start(options, credentials), credentials)

    async def break_by(self, kind: str, **how: object) -> None:
        """Put a fault in force; raises VenueUnavailable when the venue does not take it."""
        await self._ask("POST", "faults", {"kind": kind, **how})

    async def mend(self) -> None:
        """Take all faults back."""
        await self._ask("DELETE", "faults")

    async def orders(self) -> Sequence[Mapping[str, Any]]:
        """Return every order the venue ever accepted, by its own records."""
        return list((await self._ask("GET", "orders"))["orders"])

    async def close(self) -> None:
        await self.process.close()

    async def _ask(self, method: str, route: str, body: Mapping[str, object] | None = None) -> Any:
        return await asyncio.to_thread(self._called, method, route, body)

    def _called(self, method: str, route: str, body: Mapping[str, object] | None) -> Any:
        address = urlsplit(self.process.rest)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=CONTROL_S)
        try:
            data = None if body is None else json.dumps(body).encode()
            connection.request(method, f"/sim/v1/{route}", data, {"Content-Type": "application/json"} if data else {})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status >= http.client.BAD_REQUEST:
                raise VenueUnavailable(f"the simulated venue refused {route}: {answer.status} {text[:200]!r}")
            return json.loads(text) if text.strip() else {}
        except (OSError, http.client.HTTPException) as exc:
            raise VenueUnavailable(f"the simulated venue does not answer {method} {route}: {exc!r}") from exc
        finally:
            connection.close()
