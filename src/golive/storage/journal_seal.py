"""The seal beside a journal file: what of the file it covers, when the next is due, and whether it is that of what was read."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from golive.audit import Chain, Seal, SealError, verify_seal
from golive.audit.merkle import MerkleTree
from golive.inputs import read_beside
from golive.model.clock import SECOND
from golive.model.errors import JournalError

from .files import write_atomic
from .log_writing import seal_of
from .sealed_part import take_sealed

if TYPE_CHECKING:
    from .journal_file import Signer

RECORDS_PER_SEAL: Final = 1000
SEAL_AGE_NS: Final = 60 * SECOND
"""how long a record waits for its seal at most, where something is written or synced (RELIABILITY §4.5)"""


class JournalSeal:
    """Follows the bytes of one file, as they are read or written, to what its seal says of them."""

    def __init__(self, path: Path | None, signer: Signer) -> None:
        """`path` is where the seal lies; None for a journal without one."""
        self.path = path
        self._signer = signer
        self._digest = hashlib.sha256()
        self._tree = MerkleTree()
        self._sealed_seq = 0
        self._unsealed_since: int | None = None

    def checkpoint(self) -> Seal | None:
        """Return the seal that lies beside the file, None without one. Raises JournalError for one that is not ours."""
        if self.path is None or not self.path.exists():
            return None
        try:
            seal = verify_seal(read_beside(self.path), self._signer.keys.public_key)
        except SealError as exc:
            raise JournalError(f"{self.path}: bad seal: {exc}") from exc
        self._sealed_seq = seal.last_seq
        return seal

    def takes(self, descriptor: int, seal: Seal, chain: Chain, size: int) -> bool:
        """Say whether the sealed part of a file of `size` bytes counts as read; else it is to be read record by record."""
        if chain.size or size < seal.size:
            return False
        taken = take_sealed(descriptor, seal, chain)
        if taken is None:
            return False
        self._digest, self._tree = taken
        return True

    def read(self, line: bytes) -> None:
        """Take a record that was in the file: its line without newline."""
        self._digest.update(line + b"\n")
        self._tree.add(line)

    def wrote(self, line: bytes) -> None:
        """Take a record that was added now: its line with its newline."""
        self._digest.update(line)
        self._tree.add(line[:-1])
        if self._unsealed_since is None:
            self._unsealed_since = self._signer.clock.now()

    def agrees(self, seal: Seal, chain: Chain) -> bool:
        """Say whether a seal is that of what was read so far."""
        state = (chain.seq, chain.mac, self._digest.hexdigest(), chain.log_id, self._tree.root())
        return (seal.last_seq, seal.head_mac, seal.content_sha256, seal.log_id, seal.merkle_root) == state

    def write(self, chain: Chain) -> None:
        """Seal the file as it stands, on disk; kept in the second place first. Raises JournalError."""
        if self.path is None:
            return
        seal = seal_of(self._signer, chain, self._digest.hexdigest(), self._tree.root())
        write_atomic(self.path, self._signer.keys.seal_log(seal), durable_name=True)
        self._sealed_seq = seal.last_seq
        self._unsealed_since = None

    def is_due(self, chain: Chain) -> bool:
        """Say whether as many records wait for a seal as may, or one for as long as it may."""
        if self._unsealed_since is None or self.path is None:
            return False
        is_long = chain.seq - self._sealed_seq >= RECORDS_PER_SEAL
        return is_long or self._signer.clock.now() - self._unsealed_since >= SEAL_AGE_NS
