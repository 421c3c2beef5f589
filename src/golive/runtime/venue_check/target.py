"""Which venues the configuration has, and which entrypoint a name on the command line means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from golive.config.configuration import Configuration
from golive.config.resolved import ResolvedEntrypoint
from golive.model.errors import ConfigError
from golive.model.json import JsonValue
from golive.observability.shape import as_json, closed_object, schema_of

LIST_SCHEMA: Final = "golive.venue_list.v1"


@dataclass(frozen=True, slots=True)
class ListedVenue:
    """One entrypoint and where it leads."""

    entrypoint: str
    environment: str
    environment_type: str
    exchange: str
    adapter: str
    endpoint: str
    keychain_key: str
    instruments: tuple[str, ...]
    tags: tuple[str, ...]


def every_entrypoint(configuration: Configuration) -> tuple[ResolvedEntrypoint, ...]:
    """Return every entrypoint of the configuration, by name."""
    return tuple(configuration.resolve(name) for name in sorted(configuration.runtime.trading.entrypoints))


def entrypoint_of(name: str, configuration: Configuration) -> ResolvedEntrypoint:
    """Return the entrypoint that `name` means; ConfigError naming what there is when it means none or several venues.

    Entrypoints of one environment lead to one venue with one key, so the first of them speaks for all. A venue's name means what
    is in use there, and its paper environment before any other.
    """
    everyone = every_entrypoint(configuration)
    for mean in (
        [each for each in everyone if each.name == name],
        [each for each in everyone if each.environment == name],
        _of_venue(name, everyone, configuration),
    ):
        environments = sorted({each.environment for each in mean})
        if len(environments) > 1:
            raise ConfigError(f"{name} is used by several environments; name one of them: {', '.join(environments)}")
        if mean:
            return mean[0]
    known = ", ".join(f"{each.name} ({each.environment}, {each.adapter})" for each in everyone)
    raise ConfigError(f"the configuration has no venue {name}; known: {known}")


def _of_venue(name: str, everyone: tuple[ResolvedEntrypoint, ...], configuration: Configuration) -> list[ResolvedEntrypoint]:
    there = [each for each in everyone if name in (each.adapter, each.exchange)]
    in_use = [each for each in there if configuration.is_in_use(each.environment)]
    return [each for each in in_use if each.environment_type == "paper"] or in_use or there


def list_document(configuration: Configuration) -> dict[str, JsonValue]:
    """Return every entrypoint with its venue as a JSON document."""
    venues = [
        ListedVenue(
            each.name, each.environment, each.environment_type, each.exchange, each.adapter, each.endpoint, each.keychain_key,
            tuple(map(str, each.instruments)), each.tags,
        )
        for each in every_entrypoint(configuration)
    ]  # fmt: skip
    return {"schema": LIST_SCHEMA, "venues": [as_json(venue) for venue in venues]}


def list_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema (2020-12) of that document; every object in it is closed."""
    definitions: dict[str, JsonValue] = {}
    venues: JsonValue = {"type": "array", "items": schema_of(ListedVenue, definitions)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:golive:schema:{LIST_SCHEMA}",
        "title": "The configured venues",
        **closed_object({"schema": {"const": LIST_SCHEMA}, "venues": venues}),
        "$defs": definitions,
    }
