"""Which entrypoint a name on the command line means: an entrypoint, an environment, an adapter or a venue's label."""

from __future__ import annotations

from golive.config.configuration import Configuration
from golive.config.resolved import ResolvedEntrypoint
from golive.model.errors import ConfigError


def every_entrypoint(configuration: Configuration) -> tuple[ResolvedEntrypoint, ...]:
    """Return every entrypoint of the configuration, by name."""
    return tuple(configuration.resolve(name) for name in sorted(configuration.runtime.trading.entrypoints))


def entrypoint_of(name: str, configuration: Configuration) -> ResolvedEntrypoint:
    """Return the entrypoint that `name` means; ConfigError naming what there is when it means none or several venues.

    Entrypoints of one environment lead to one venue with one key, so the first of them speaks for all.
    """
    everyone = every_entrypoint(configuration)
    for mean in (
        [each for each in everyone if each.name == name],
        [each for each in everyone if each.environment == name],
        [each for each in everyone if name in (each.adapter, each.exchange)],
    ):
        environments = sorted({each.environment for each in mean})
        if len(environments) > 1:
            raise ConfigError(f"{name} is used by several environments; name one of them: {', '.join(environments)}")
        if mean:
            return mean[0]
    known = ", ".join(f"{each.name} ({each.environment}, {each.adapter})" for each in everyone)
    raise ConfigError(f"the configuration has no venue {name}; known: {known}")
