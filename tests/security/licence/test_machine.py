"""What is read of a machine, from folders laid out as the kernel lays them out; what is kept of it; and marks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from golive.model.clock import from_iso
from golive.model.errors import ConfigError
from golive.security.licence.fault import NotBelieved
from golive.security.licence.fingerprint import FACTORS, digests, matched, normalised, read_fingerprint
from golive.security.licence.issuing import read_signing_key, taken_fingerprint
from golive.security.licence.machine import machine_factors
from golive.security.licence.mark import Marks, decode_marks, encode_marks
from support.licences import FINGERPRINT, MACHINE, SALT

KEY = b"k" * 32


def lay(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


FULL = {
    "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
    "sys/class/dmi/id/board_serial": "PF3X99\n",
    "proc/cpuinfo": "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Xeon 6\ncpu MHz\t: 2100.1\n",
    "sys/block/vda/device/serial": "S4EVNF0M\n",
    "sys/class/net/eth0/address": "52:54:00:12:34:56\n",
    "sys/class/net/eth0/addr_assign_type": "0\n",
    "sys/class/net/eth0/device/vendor": "0x1af4\n",
    "sys/class/net/docker0/address": "02:42:00:00:00:01\n",
    "sys/class/net/docker0/addr_assign_type": "0\n",
}


def test_a_machine_says_five_things(tmp_path: Path) -> None:
    found = machine_factors(lay(tmp_path, FULL))
    assert list(found) == list(FACTORS)
    assert found["cpu"] == "GenuineIntel Xeon 6", "nothing that changes by itself, such as the frequency"
    assert found["mac"] == "52:54:00:12:34:56"


def test_a_container_says_less_and_nothing_is_made_up(tmp_path: Path) -> None:
    files = {
        "proc/cpuinfo": FULL["proc/cpuinfo"],
        "etc/machine-id": "",
        "sys/class/dmi/id/board_serial": "To be filled by O.E.M.\n",
    }
    files |= {"sys/class/net/eth0/address": "02:42:ac:11:00:02\n", "sys/class/net/eth0/addr_assign_type": "3\n"}
    found = machine_factors(lay(tmp_path, files))
    assert set(digests(found, SALT)) == {"cpu"}
    assert machine_factors(tmp_path / "nothing") == {}
    with pytest.raises(ConfigError, match="only 1 of"):
        taken_fingerprint(found, 0)


@pytest.mark.parametrize("text", ["", "None", "Default string", "0000-0000", "FF:FF:FF", " unknown "])
def test_what_firmware_says_for_nothing_is_nothing(text: str) -> None:
    assert normalised(text) == ""


def test_no_identifier_is_kept_and_no_digest_is_that_of_another_licence() -> None:
    one, two = taken_fingerprint(MACHINE, 0), taken_fingerprint(MACHINE, 0)
    written = str(one.as_payload()).lower()
    assert not any(value.lower() in written or normalised(value) in written for value in MACHINE.values())
    assert not set(one.factors.values()) & set(two.factors.values())
    assert one.device != two.device
    assert matched(one, MACHINE).same == FACTORS


def test_changed_and_absent_factors_are_named() -> None:
    found = matched(FINGERPRINT, {**MACHINE, "mac": "another", "board": ""})
    assert (found.same, found.changed, found.absent) == (("machine_id", "cpu", "disk"), ("mac",), ("board",))
    assert found.is_enough
    assert found.strength == "fair"
    assert "changed: mac" in str(found)


@pytest.mark.parametrize("change", [
    {"factors": {"boot_id": "0" * 64}}, {"factors": {"mac": "x"}}, {"required": 6}, {"salt": "short"}, {"device": 1}, {"more": 1},
])  # fmt: skip
def test_a_fingerprint_has_exactly_its_fields(change: dict[str, object]) -> None:
    with pytest.raises(NotBelieved):
        read_fingerprint({**FINGERPRINT.as_payload(), **change})  # type: ignore[dict-item]  # wrong on purpose


def test_marks_only_rise_and_are_believed_as_they_were_written() -> None:
    at = from_iso("2026-06-01T12:00:00Z")
    marks = Marks().after(at, "dudzian", 7).after(at - 1, "dudzian", 6).after(at, "acme", 1)
    assert marks == Marks({"dudzian": 7, "acme": 1}, at)
    data = encode_marks(marks, KEY)
    assert decode_marks(data, KEY) == marks
    for position in range(len(data) - 1):
        bent = bytearray(data)
        bent[position] ^= 1
        assert not decode_marks(bytes(bent), KEY).is_believed
    assert not decode_marks(data, b"x" * 32).is_believed
    assert not decode_marks(encode_marks(replace(marks, lists={"dudzian": 6}), b"x" * 32), KEY).is_believed


@pytest.mark.parametrize("text", ["", "00" * 31, "zz" * 32, "00" * 32 + "00"])
def test_a_signing_key_is_64_hex_digits_of_this_user_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="64 hex digits"):
        read_signing_key(path)
    path.write_text("01" * 32 + "\n")
    assert "01" * 8 not in repr(read_signing_key(path))
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        read_signing_key(path)
