"""Which venues there are: adapter id → profile. A new venue is one module and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from golive.model.errors import ConfigError

from . import bybit, kraken, okx
from .profile import VenueProfile

PROFILES: Final[Mapping[str, VenueProfile]] = {profile.name: profile for profile in (okx.PROFILE, kraken.PROFILE, bybit.PROFILE)}


def profile_named(adapter: str) -> VenueProfile:
    """Return the profile of an adapter id; raise ConfigError naming the known ones."""
    try:
        return PROFILES[adapter]
    except KeyError:
        raise ConfigError(f"there is no venue adapter {adapter!r}; known: {', '.join(sorted(PROFILES))}") from None
