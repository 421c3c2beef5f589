"""The fields of one record to be, and its signed line: what every writer of the journal format shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golive.audit import Chain, encode_signed
from golive.audit.entry import VERSION
from golive.model.clock import to_iso
from golive.model.errors import JournalError
from golive.model.json import JsonValue

if TYPE_CHECKING:
    from .journal_file import Draft, Signer


def signed_line(where: object, signer: Signer, boot: str, chain: Chain, draft: Draft) -> tuple[bytes, str]:
    """Return the line, without newline, and the MAC of the record that follows `chain`.

    Raises JournalError, naming `where`, for a body of another key class and for a log whose key is gone; CanonicalError for a
    body that cannot be written.
    """
    type_, body, operator = draft
    keys = signer.keys
    if body.get("key_class", keys.key_class) != keys.key_class:
        raise JournalError(f"{where}: a record of key class {body['key_class']!r} cannot be signed by {keys.key_class} keys")
    if chain.key is None:
        raise JournalError(f"{where}: the key {chain.key_id!r}, which signs the next record, is gone; restore it from a backup")
    fields: dict[str, JsonValue] = {
        "v": VERSION,
        "seq": chain.seq + 1,
        "ts": to_iso(signer.clock.now()),
        "mono": str(signer.clock.monotonic()),
        "boot": boot,
        "epoch": signer.epoch,
        "key_id": chain.key_id,
        "operator": operator,
        "type": type_,
        "body": {**body, "key_class": str(keys.key_class)},
        "prev": chain.mac,
    }
    return encode_signed(chain.key, fields)
