"""The rules between the records of one log that a chain holds, beside order and MAC."""

from __future__ import annotations

from golive.audit import Chain, encode_signed
from golive.audit.ratchet import FirstKey, KeyName, key_from_first, root_name
from golive.model.json import JsonObject

FIRST = bytes(range(32))
ROOT = root_name("dev-log", FIRST)


def header(log: str, key: KeyName, key_class: str = "development") -> bytes:
    body: JsonObject = {"log_id": f"log/{log}", "code_version": "1", "config_sha384": "0" * 96, "key_class": key_class}
    fields: JsonObject = {
        "v": 1, "seq": 1, "ts": "2026-01-01T00:00:00Z", "mono": "1", "boot": "0" * 32, "epoch": 0, "key_id": str(key),
        "operator": "test", "type": "header", "body": body, "prev": "",
    }  # fmt: skip
    return encode_signed(key_from_first(FIRST, key), fields)[0]


def told(line: bytes) -> list[str]:
    return [fault.text for fault in Chain(FirstKey(FIRST)).check(line)[1]]


def test_a_log_is_begun_by_a_key_of_its_own() -> None:
    own, other = "0123456789abcdef", "fedcba9876543210"
    assert told(header(own, KeyName(ROOT, 0, own, 0))) == []
    assert told(header(own, KeyName(ROOT, 0, other, 0))) == [f"the key '{ROOT}.0.{other}.0' is another log's"]


def test_a_key_signs_records_of_its_own_class_alone() -> None:
    log = "0123456789abcdef"
    production = KeyName(root_name("prod-log", FIRST), 0, log, 0)
    assert told(header(log, production, "production")) == []
    assert told(header(log, production)) == ["body.key_class is not 'production', the class of its key"]
    assert told(header(log, KeyName(ROOT, 0, log, 0), "production")) == [
        "body.key_class is not 'development', the class of its key"
    ]
    assert len(told(header(log, KeyName(ROOT, 0, log, 0), ""))) == 1
