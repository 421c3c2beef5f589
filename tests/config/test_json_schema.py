from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from golive.config.json_schema import FILES, json_schema
from support.configuration import CORE, ROOT, RUNTIME, changed, problems

TEXTS = {"core": CORE, "runtime": RUNTIME}


def errors(file: str, text: str) -> list[str]:
    return [error.message for error in Draft202012Validator(json_schema(file)).iter_errors(yaml.safe_load(text))]


@pytest.mark.parametrize("file", sorted(FILES))
def test_the_published_schema_is_current(file: str) -> None:
    path = Path(ROOT, "docs", "schemas", f"golive.{file}_config.v1.json")
    assert json.loads(path.read_text(encoding="utf-8")) == json_schema(file), f"run: golive config schema --file {file} > {path}"


@pytest.mark.parametrize("file", sorted(FILES))
def test_the_schema_is_a_schema_and_accepts_the_shipped_file(file: str) -> None:
    Draft202012Validator.check_schema(json_schema(file))
    assert errors(file, TEXTS[file]) == []


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("runtime", "  burst: 16", "  bursts: 16"),
        ("runtime", "port: 9177", "port: 99999"),
        ("runtime", "rate_limit_max: 0", "rate_limit_max: -1"),
        ("runtime", "rate_limit_max: 0", "rate_limit_max: true"),
        ("runtime", "USDT: 100000", "usdt: 100000"),
        ("runtime", "io_queue: okx_spot\n", "io_queue: okx_spot\n      latency_ms: -1\n"),
        ("runtime", "log_directory: logs/guardrails", "log_directory: ../logs"),
        ("runtime", "rate_limit_warning_seconds: 0.75", "rate_limit_warning_seconds: 0"),
        ("core", "timeframe: 1m", "timeframe: 2m"),
        ("core", "sandbox_mode: auto", "sandbox_mode: maybe"),
        ("core", '"okx:BTC/USDT"', "BTCUSDT"),
        ("core", "max_position_pct: 0.03", "max_position_pct: 3"),
    ],
)
def test_editor_and_reader_refuse_the_same(file: str, old: str, new: str) -> None:
    text = changed(TEXTS[file], old, new)
    assert errors(file, text)
    assert problems(text) if file == "runtime" else problems(core=text)


def test_every_key_has_documentation_and_every_default_is_valid() -> None:
    def walk(schema: dict[str, Any]) -> None:
        for name, field in schema.get("properties", {}).items():
            assert field["description"].endswith("."), name
            if "default" in field:
                Draft202012Validator(field).validate(field["default"])
            walk(field)
        if isinstance(schema.get("additionalProperties"), dict):
            walk(schema["additionalProperties"])

    for file in FILES:
        walk(json_schema(file))


def test_every_key_is_in_the_documentation() -> None:
    text = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")

    def names(schema: dict[str, Any]) -> set[str]:
        found = set(schema.get("properties", {}))
        for field in [*schema.get("properties", {}).values(), schema.get("additionalProperties")]:
            found |= names(field) if isinstance(field, dict) else set()
        return found

    for file in FILES:
        assert [name for name in sorted(names(json_schema(file))) if name not in text] == []
