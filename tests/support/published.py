"""Documents against the schemas that are published for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SCHEMAS = Path(__file__).parents[2] / "docs/schemas"


def published(text: str | bytes) -> dict[str, Any]:
    """Return a document that was printed or written, held to the schema that it names."""
    document = json.loads(text)
    schema = json.loads((SCHEMAS / f"{document['schema']}.json").read_text())
    Draft202012Validator(schema).validate(document)
    assert isinstance(document, dict)
    return document
