"""Where an environment keeps its candles, and which environment is meant when none is named."""

from __future__ import annotations

from pathlib import Path

from golive.config.adapter_table import KNOWN_ADAPTERS
from golive.config.configuration import Configuration
from golive.market.store import CandleStore
from golive.model.errors import ConfigError


def environment_for(configuration: Configuration, *, named: str | None, venue: str | None) -> str:
    """Return the named environment; else the first paper one of the venue (its label, `okx`); else the default entrypoint's.

    Raises ConfigError for a name that is not configured, and for a venue without an environment.
    """
    environments = configuration.core.environments
    if named is not None:
        if named not in environments:
            raise ConfigError(f"--environment {named}: not configured; core.yaml has {', '.join(environments)}")
        return named
    if venue is None:
        trading = configuration.runtime.trading
        return trading.entrypoints[trading.default_entrypoint].environment
    of_venue = [name for name, env in environments.items() if KNOWN_ADAPTERS[env.exchange].label == venue]
    of_venue.sort(key=lambda name: environments[name].environment != "paper")
    if not of_venue:
        raise ConfigError(f"no environment of venue {venue!r} in core.yaml; give --environment, one of {', '.join(environments)}")
    return of_venue[0]


def data_folder(configuration: Configuration, home: Path, environment: str) -> Path:
    """Return the root of an environment's data."""
    return home / (configuration.core.environments[environment].data_cache_path or f"var/data/{environment}")


def candle_store(configuration: Configuration, home: Path, environment: str) -> CandleStore:
    return CandleStore(data_folder(configuration, home, environment))
