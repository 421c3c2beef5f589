"""The archive of frozen configurations: a folder for each freeze under `var/audit/stage6/`, and a register of all of them.

A freeze counts once the register has it. Its folder is written under another name and renamed whole before that, so a process
that is killed leaves the freeze before it in force, and at most a folder that does not count.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.inputs import read_bytes
from golive.model.errors import JournalError
from golive.model.json import JsonObject

from .failpoint import reach
from .files import PRIVATE_DIRECTORY, make_directory, sync_directory, write_atomic
from .journal_file import Signer
from .keys import SigningKeys
from .register_file import RegisterFile
from .seal_copies import DIRECTORY as SEALS

DIRECTORY: Final = Path("var/audit/stage6")
REGISTER: Final = DIRECTORY / "register.json"
REGISTER_NAME: Final = "freezes"
FROZEN: Final = "configuration_frozen"
FILES: Final = ("core.yaml", "runtime.yaml", "execution.json", "SHA256SUMS", "execution.sha384", "freeze.json")
_STAMP: Final = re.compile(r"\d{8}T\d{9}Z")
_MOST: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class RegisteredFreeze:
    """What the register says of one freeze."""

    stamp: str
    frozen_at: str
    person: str
    freeze_sha256: str
    """of its `freeze.json`"""


class FreezeArchive:
    """The freezes of the installation at `home`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._register = RegisterFile(home / REGISTER, REGISTER_NAME, seals=home / SEALS)

    def registered(self, keys: SigningKeys | None) -> Sequence[RegisteredFreeze]:
        """Return every freeze that counts, oldest first. Raises JournalError when the register cannot be believed."""
        found = []
        for entry in self._register.entries(keys):
            if entry.type == FROZEN:
                found.append(_read(entry.body, self._register.path))
        return tuple(found)

    def files(self, stamp: str) -> Mapping[str, bytes]:
        """Return every file of a freeze by name; one that is not there, or cannot be read, is left out."""
        found: dict[str, bytes] = {}
        for name in FILES:
            try:
                found[name] = read_bytes(self.home, str(DIRECTORY / stamp / name), most=_MOST)
            except OSError:
                continue
        return found

    def strangers(self, stamp: str) -> tuple[str, ...]:
        """Return the names in a freeze's folder that do not belong there."""
        folder = self.home / DIRECTORY / stamp
        return tuple(sorted(each.name for each in folder.iterdir() if each.name not in FILES)) if folder.is_dir() else ()

    def uncounted(self, keys: SigningKeys | None) -> tuple[str, ...]:
        """Return folders of freezes that the register does not have: the command was killed before they counted."""
        known = {each.stamp for each in self.registered(keys)}
        folder = self.home / DIRECTORY
        names = (each.name for each in folder.iterdir()) if folder.is_dir() else iter(())
        return tuple(sorted(name for name in names if _STAMP.fullmatch(name) and name not in known))

    def add(self, signer: Signer, stamp: str, files: Mapping[str, bytes], body: JsonObject) -> None:
        """Write the folder of a freeze and register it; durable on return. Raises JournalError, and the freeze does not count."""
        self.registered(signer.keys)  # a register that is not sound takes nothing
        folder = self.home / DIRECTORY / stamp
        unfinished = folder.with_name(f".{stamp}.tmp")
        make_directory(folder.parent, PRIVATE_DIRECTORY)
        try:
            for left in folder.parent.glob(".*Z.tmp"):
                shutil.rmtree(left)
            if folder.exists():
                raise JournalError(f"{folder}: is there already; wait a moment and freeze again")
            make_directory(unfinished, PRIVATE_DIRECTORY)
            for name in FILES:
                write_atomic(unfinished / name, files[name], durable_name=True)
                reach("freeze.file.after")
            unfinished.rename(folder)
            sync_directory(folder.parent)
        except OSError as exc:
            raise JournalError(f"{folder}: cannot be written: {exc.strerror}") from exc
        reach("freeze.archived")
        self._register.append(signer, [(FROZEN, body, signer.operator)])


def _read(body: JsonObject, path: Path) -> RegisteredFreeze:
    names = ("stamp", "frozen_at", "person", "freeze_sha256")
    values = [body.get(name) for name in names]
    if not all(isinstance(each, str) for each in values) or not _STAMP.fullmatch(str(values[0])):
        raise JournalError(f"{path}: a record does not name its freeze")
    return RegisteredFreeze(*map(str, values))
