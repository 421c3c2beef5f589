"""What a machine says of itself: five identifiers of its hardware and installation, read from the kernel's files. Linux only.

They never leave this process as they are: `fingerprint.py` makes keyed digests of them. A factor that cannot be read is missing,
and says so; a boot id or anything else that changes by itself is none.

Source: https://www.kernel.org/doc/Documentation/ABI/testing/sysfs-class-net (`addr_assign_type`: 0 = permanent)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

_ROOT: Final = Path("/")
_MOST: Final = 64 * 1024
"""bytes read of one file"""


def machine_factors(root: Path = _ROOT) -> dict[str, str]:
    """Return the factors that can be read under `root`, by name, as they are."""
    return {name: value for name, read in _READERS.items() if (value := read(root))}


def _machine_id(root: Path) -> str:
    return _first(root, "etc/machine-id", "var/lib/dbus/machine-id")


def _board(root: Path) -> str:
    dmi = "sys/class/dmi/id"
    return _first(root, f"{dmi}/board_serial", f"{dmi}/product_uuid", f"{dmi}/product_serial", "proc/device-tree/serial-number")


def _cpu(root: Path) -> str:
    """The model, and how many: weak, as every machine of a series has it."""
    lines = _text(root / "proc/cpuinfo").splitlines()
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    named = {name.strip(): value.strip() for name, value in fields.items()}
    parts = [named.get(name, "") for name in ("vendor_id", "model name", "cpu family", "model", "CPU implementer", "CPU part")]
    return " ".join(part for part in parts if part)


def _disk(root: Path) -> str:
    """Serial numbers of the first disk that has one; a partition or a loop device has none."""
    for device in _entries(root / "sys/block"):
        for name in ("device/serial", "device/wwid", "wwid", "serial"):
            if text := _text(device / name):
                return text
    return ""


def _mac(root: Path) -> str:
    """The permanent address of the first physical network card."""
    for card in _entries(root / "sys/class/net"):
        if (card / "device").exists() and _text(card / "addr_assign_type") == "0":
            return _text(card / "address")
    return ""


_READERS: Final[Mapping[str, Callable[[Path], str]]] = {
    "machine_id": _machine_id,
    "board": _board,
    "cpu": _cpu,
    "disk": _disk,
    "mac": _mac,
}


def _first(root: Path, *names: str) -> str:
    return next((text for name in names if (text := _text(root / name))), "")


def _text(path: Path) -> str:
    """Return what a file of the kernel says; nothing where it is not there or not for us."""
    try:
        with path.open("rb") as file:
            return file.read(_MOST).decode("utf-8", "replace").strip("\0 \t\r\n")
    except OSError:
        return ""


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
