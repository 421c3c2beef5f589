"""Every venue of the registry is what its line says, and the room's names are imported one by one."""

from __future__ import annotations

import subprocess
import sys

import pytest

import golive.venues as room
from golive.model.errors import ConfigError
from golive.venues import PROFILES, profile_named


@pytest.mark.parametrize("adapter", ["bybit_spot", "kraken_spot", "okx_spot"])
def test_each_adapter_id_gives_its_own_profile(adapter: str) -> None:
    assert adapter in PROFILES
    assert profile_named(adapter).name == adapter
    assert PROFILES[adapter] is profile_named(adapter)


def test_an_unknown_adapter_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="'nosuch'; known: bybit_spot, kraken_spot, okx_spot"):
        profile_named("nosuch")


def test_every_public_name_of_the_room_can_be_imported() -> None:
    assert [name for name in room.__all__ if not hasattr(room, name)] == []
    assert set(room._HOMES) == set(room.__all__)
    with pytest.raises(AttributeError, match="nosuch"):
        room.nosuch  # noqa: B018


def test_asking_for_one_profile_imports_one_venue_and_no_client_library() -> None:
    code = (
        "import sys; from golive.venues import profile_named; profile_named('okx_spot'); "
        "print([m for m in ('golive.venues.kraken', 'golive.venues.bybit', 'ccxt', 'aiohttp') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == "[]"
