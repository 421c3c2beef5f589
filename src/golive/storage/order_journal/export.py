"""An order journal as lines of JSON, for an archive: first whose it is, then every row with its link and MAC."""

from __future__ import annotations

from pathlib import Path

import orjson

from golive.audit import canonical
from golive.inputs import read_beside
from golive.model.errors import JournalError

from ..files import make_directory
from ..keys import SigningKeys
from .place import JournalPlace
from .verify import verification


def export_journal(place: JournalPlace, keys: SigningKeys, folder: Path) -> tuple[str, ...] | None:
    """Write `<journal>.jsonl`, and its newest seal beside it, into `folder`; return what verifying it found.

    None where the account never had a journal. A line behind the first is `{mac, prev_mac, row}`: HMAC-SHA256 over the bytes of
    `prev_mac` and the JSON of `row` is `mac`. Raises JournalError when it cannot be read.
    """
    if place.url is None and not place.path.exists() and not place.seal.exists():
        return None
    try:
        with verification(place.path, keys, place.url) as found:
            faults = tuple(found.faults())
            make_directory(folder)
            with (folder / f"{place.path.stem}.jsonl").open("wb") as file:
                file.write(canonical({"journal": {**found.facts}}) + b"\n")
                for previous, row, mac in found.chain():
                    file.write(orjson.dumps({"mac": mac.hex(), "prev_mac": previous.hex(), "row": orjson.Fragment(row)}) + b"\n")
        if place.seal.exists():
            (folder / place.seal.name).write_bytes(read_beside(place.seal))
    except OSError as exc:
        raise JournalError(f"{place.path}: cannot be exported: {exc.strerror}") from exc
    return faults
