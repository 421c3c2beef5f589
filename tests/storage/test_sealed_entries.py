"""A journal believed by its seal says the same as one that is checked record by record, and is believed no more easily."""

from __future__ import annotations

from pathlib import Path

import pytest

from golive.model.errors import JournalError
from golive.storage.security_admin import PATH, admin_entries, record_admin_act
from golive.storage.verified import sealed_entries
from support.durable import keys_of, signer_of

TYPES = ("secret_set", "secret_rotated", "operator_authenticated")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for n in range(9):
        body = {"name": f"k{n}", "text": '"type":"secret_set"' if n == 4 else "plain"}
        record_admin_act(tmp_path, signer_of(tmp_path), TYPES[n % 3], dict(body), "anna")
    return tmp_path


@pytest.mark.parametrize("types", [(), TYPES[:1], TYPES[:2], ("nothing",)])
def test_some_types_of_it_are_what_all_of_it_has_of_them(home: Path, types: tuple[str, ...]) -> None:
    everything = admin_entries(home, keys_of(home))
    assert len(everything) == 10
    assert list(admin_entries(home, keys_of(home), types)) == [each for each in everything if not types or each.type in types]


def test_no_flip_and_no_cut_is_believed_whatever_is_asked_for(home: Path) -> None:
    path, keys = home / PATH, keys_of(home)
    seal_path, data = path.with_suffix(".seal.json"), path.read_bytes()
    attacks = [data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in range(0, len(data), 17)]
    attacks += [data[:at] for at in range(1, len(data), 17)]
    for attack in attacks:
        path.write_bytes(attack)
        with pytest.raises(JournalError):
            sealed_entries(path, seal_path, keys, ("nothing",))
    path.write_bytes(data + data.splitlines(keepends=True)[-1])
    with pytest.raises(JournalError):
        sealed_entries(path, seal_path, keys, ("nothing",))
    path.write_bytes(data)
    assert sealed_entries(path, seal_path, keys, ("nothing",)) == ()
