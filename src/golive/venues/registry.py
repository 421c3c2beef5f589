"""Which venues there are: adapter id → the module of its profile. A new venue is one module and one line here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Final

from golive.model.errors import ConfigError

from .profile import VenueProfile

_MODULES: Final = {"okx_spot": "okx", "kraken_spot": "kraken", "bybit_spot": "bybit"}

DRILLED: Final = ("okx_spot", "bybit_spot")
"""whom a resilience drill breaks, and whom trading then goes to"""


class _Profiles(Mapping[str, VenueProfile]):
    """Imports a venue's module when its profile is asked for: a process rarely needs all of them."""

    def __getitem__(self, adapter: str) -> VenueProfile:
        profile = import_module(f"{__package__}.{_MODULES[adapter]}").PROFILE
        assert isinstance(profile, VenueProfile)
        assert profile.name == adapter
        return profile

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


PROFILES: Final[Mapping[str, VenueProfile]] = _Profiles()


def profile_named(adapter: str) -> VenueProfile:
    """Return the profile of an adapter id; raise ConfigError naming the known ones."""
    try:
        return PROFILES[adapter]
    except KeyError:
        raise ConfigError(f"there is no venue adapter {adapter!r}; known: {', '.join(sorted(PROFILES))}") from None
