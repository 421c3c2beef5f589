"""JSON Schema (2020-12) of a configuration file, derived from the declared sections; for editors and documentation."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from golive.model.json import JsonValue

from .core_file import CoreFile
from .key import Field, Key, Kind, Leaf, ListOf, Section, Shape, fields_of
from .runtime_file import RuntimeFile

FILES: Final[Mapping[str, type]] = {"core": CoreFile, "runtime": RuntimeFile}

_TYPES: Final[Mapping[Kind, JsonValue]] = {
    Kind.BOOLEAN: "boolean",
    Kind.INTEGER: "integer",
    Kind.DECIMAL: "number",
    Kind.NUMBER: "number",
    Kind.TEXT: "string",
    Kind.SWITCH: ["boolean", "string"],
    Kind.PARAMETER: ["boolean", "number", "string"],
}


def json_schema(file: str) -> dict[str, JsonValue]:
    """Return the schema of `runtime` or `core`."""
    declaration = FILES[file]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"golive.{file}_config.v1",
        "title": f"config/{file}.yaml",
        "description": (declaration.__doc__ or "").strip(),
        **_section(declaration),
    }


def _section(section: type) -> dict[str, JsonValue]:
    fields = fields_of(section)
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {spec.name: _field(spec) for spec in fields},
        "required": [spec.name for spec in fields if spec.is_required],
    }


def _field(spec: Field) -> dict[str, JsonValue]:
    unit = f" Unit: {spec.key.unit}." if spec.key.unit else ""
    schema: dict[str, JsonValue] = {"description": spec.key.doc + unit, **_shape(spec.shape, spec.key)}
    if isinstance(spec.default, bool | int | str):
        schema["default"] = spec.default
    elif isinstance(spec.default, Decimal):
        schema["default"] = float(spec.default)
    return schema


def _shape(shape: Shape, key: Key) -> dict[str, JsonValue]:
    if isinstance(shape, Leaf):
        return _leaf(shape, key)
    if isinstance(shape, Section):
        return _section(shape.type)
    if isinstance(shape, ListOf):
        at_least: dict[str, JsonValue] = {"minItems": key.at_least} if key.at_least else {}
        items = _leaf(shape.item, key) if isinstance(shape.item, Leaf) else _section(shape.item.type)
        return {"type": "array", "items": items, "uniqueItems": True, **at_least}
    schema: dict[str, JsonValue] = {
        "type": "object",
        "propertyNames": {"pattern": f"^(?:{key.names})$", "maxLength": 64},
        "additionalProperties": _shape(shape.item, dataclasses.replace(key, at_least=0)),
    }
    if key.at_least:
        schema["minProperties"] = key.at_least
    return schema


def _leaf(shape: Leaf, key: Key) -> dict[str, JsonValue]:
    if key.choices:
        return {"enum": list(key.choices)}
    schema: dict[str, JsonValue] = {"type": _TYPES[shape.kind]}
    bounds = {"minimum": key.minimum, "exclusiveMinimum": key.above, "maximum": key.maximum}
    schema.update({name: bound for name, bound in bounds.items() if bound is not None})
    if shape.kind is Kind.TEXT:
        schema["minLength"] = 1
        if key.pattern:
            schema["pattern"] = f"^(?:{key.pattern})$"
            schema["maxLength"] = 256
    return schema
