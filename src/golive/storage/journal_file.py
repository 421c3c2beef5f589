"""A journal on disk: opened only when sound, locked while written, one write and one fdatasync per durable step.

A failed write breaks the object for good: a trail that may have a hole is not continued.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from golive.audit import CanonicalError, Chain, Seal
from golive.audit.entry import HEADER_TYPE, KEY_EVOLVED, SEGMENT_CLOSED, SEGMENT_OPENED, TAIL_CUT
from golive.audit.verify import missing_keys
from golive.model.clock import Clock, to_iso
from golive.model.errors import JournalError
from golive.model.json import JsonObject, JsonValue

from .failpoint import reach
from .files import FilePlace, make_directory, open_with_mode, sync_directory
from .journal_seal import JournalSeal
from .keys import SigningKeys
from .log_writing import evolution_due, evolved, header_of, know_key_age
from .signed_record import signed_line

RESTORE: Final = "golive audit verify --all tells where; put the file and its seal back from one backup"
LOCK_PATIENCE_S: Final = 0.25
"""A journal writer that stalls longer than this stops orders (RELIABILITY §4.5)."""
Draft: TypeAlias = tuple[str, JsonObject, str]
"""(type, body, operator) of a record to be."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Everything that stands in a record beside its content."""

    keys: SigningKeys
    clock: Clock
    code_version: str
    config_sha384: str
    epoch: int = 0
    """epoch of the writer's lease, 0 without one"""
    boot: str = ""
    """boot id of the host; read from the kernel when empty"""
    operator: str = "golive"
    """whose run writes; stands in records that nobody else signs for"""

    def boot_id(self) -> str:
        """Return the host's boot id as 32 hex digits."""
        return self.boot or _kernel_boot_id()


@dataclass(frozen=True, slots=True)
class Written:
    """Where an appended record stands."""

    seq: int
    mac: str


class JournalFile:
    """One journal file. With `held` the lock is kept until `close`; otherwise it is taken for each append.

    Several processes may append to one unheld journal: each reads and checks what the others added before it writes, and that
    the file still has its name: what is written to one that was removed or moved is lost, and nobody would hear of it.
    """

    def __init__(self, path: Path, name: str, signer: Signer, *, seal_path: Path | None, held: bool, patience_s: float) -> None:
        self.path = path
        self._patience_s = patience_s
        self._name = name
        self._signer = signer
        self._beside = JournalSeal(seal_path, signer)
        self._held = held
        self._chain = Chain(signer.keys.logs)
        self._broken: str | None = None
        self._boot = signer.boot_id()
        self._descriptor = -1
        self._place: FilePlace | None = None
        self._depth = 0

    @classmethod
    def open(
        cls,
        path: Path,
        name: str,
        signer: Signer,
        *,
        seal_path: Path | None = None,
        held: bool = True,
        after: Chain | None = None,
        patience_s: float = LOCK_PATIENCE_S,
    ) -> JournalFile:
        """Open or create the journal `name` at `path`, verify it, cut a torn tail (with a record), lock it.

        `name` begins the log id. `after` is the chain of the file that this one continues. Unheld, the lock is waited for at most
        `patience_s`. Raises JournalError when the journal is not sound, another writer holds it, or it cannot be written.
        """
        journal = cls(path, name, signer, seal_path=seal_path, held=held, patience_s=patience_s)
        make_directory(path.parent)
        try:
            journal._open(after)
        except BaseException:
            journal.close()
            raise
        return journal

    @property
    def log_id(self) -> str:
        return self._chain.log_id

    @property
    def head(self) -> Written:
        return Written(self._chain.seq, self._chain.mac)

    @property
    def chain(self) -> Chain:
        """The chain's state, for the file that continues this one."""
        return self._chain

    @property
    def is_closed_segment(self) -> bool:
        return self._chain.closed

    @property
    def size(self) -> int:
        return self._chain.size

    def append(self, type_: str, body: JsonObject, operator: str) -> Written:
        """Add one record; durable on return."""
        return self.append_all([(type_, body, operator)])

    def append_all(self, drafts: Iterable[Draft], *, durable: bool = True) -> Written:
        """Add records in order, one write each, then one fdatasync unless not `durable`. Raises JournalError."""
        with self._writing():
            for draft in drafts:
                self._append(*draft)
            if self._beside.is_due(self._chain):
                self._sync()
                self._beside.write(self._chain)
            elif durable:
                self._sync()
        return self.head

    def sync(self) -> None:
        """Make everything appended durable; a seal that is due is signed."""
        with self._writing():
            self._sync()
            if self._beside.is_due(self._chain):
                self._beside.write(self._chain)

    def seal(self) -> None:
        """Sign a checkpoint of the journal as it stands and replace the seal file by it."""
        with self._writing():
            self._sync()
            self._beside.write(self._chain)

    def close_segment(self, successor: str) -> None:
        """Append the closing record; the file named `successor` continues the chain."""
        with self._writing():
            self._append(SEGMENT_CLOSED, {"successor": successor}, self._signer.operator)
            self._sync()
            self._beside.write(self._chain)

    def close(self) -> None:
        """Give up the lock and the file; harmless when already closed."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            self._broken = self._broken or "it was closed"

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the lock over several steps (rolling over to the next file)."""
        with self._writing():
            yield

    def _open(self, after: Chain | None) -> None:
        flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            created = not self.path.exists()
            self._descriptor = open_with_mode(self.path, flags)
            self._place = FilePlace.of(self.path, self._descriptor)
            if created:
                reach("journal.create.before")
                sync_directory(self.path.parent)
                reach("journal.create.after")
            if after is not None:
                self._chain.follow(after)
            if not self._held:
                # The long first reading keeps no other writer waiting; what comes meanwhile is read under the lock.
                self._read_on(self._beside.checkpoint(), locked=False)
            self._lock()
            self._read_on(self._beside.checkpoint() if self._held else None, locked=True)
            if self._chain.lines == 0:
                self._begin(after)
            know_key_age(self._signer, self._chain)
            if not self._held:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        except (OSError, CanonicalError) as exc:
            reason = exc.strerror if isinstance(exc, OSError) else str(exc)
            raise JournalError(f"{self.path}: cannot open the journal: {reason}") from exc

    def _begin(self, after: Chain | None) -> None:
        if self._beside.path is not None and self._beside.path.exists():
            raise JournalError(f"{self.path}: the journal is empty, yet {self._beside.path.name} seals records: it was cut off")
        if after is None:
            self._write(HEADER_TYPE, header_of(self._name, self._signer, self._chain), self._signer.operator)
        else:
            body: dict[str, JsonValue] = {
                "log_id": after.log_id,
                "code_version": self._signer.code_version,
                "config_sha384": self._signer.config_sha384,
                "previous_seq": after.seq,
            }
            self._write(SEGMENT_OPENED, body, self._signer.operator)
        self._sync()
        self._beside.write(self._chain)

    def _sync(self) -> None:
        reach("journal.sync.before")
        os.fdatasync(self._descriptor)
        reach("journal.sync.after")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the lock, be up to date with other writers; any failure breaks the journal."""
        if self._broken is not None:
            raise JournalError(f"{self.path}: the journal is unusable since {self._broken}")
        outermost = self._depth == 0 and not self._held
        self._depth += 1
        try:
            if outermost:
                self._lock()
                self._check_place()
                self._read_on(None, locked=True)
            yield
            if outermost and self._descriptor >= 0:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        except OSError as exc:
            self._broken = f"a write failed: {exc.strerror}"
            self.close()
            raise JournalError(f"{self.path}: the journal cannot be written: {exc.strerror}") from exc
        except (JournalError, CanonicalError) as exc:
            self._broken = str(exc)
            self.close()
            raise JournalError(str(exc)) from exc
        finally:
            self._depth -= 1

    def _check_place(self) -> None:
        if self._place is not None and not self._place.is_held():
            raise JournalError(f"{self.path}: was removed or replaced while it was open; put the file back")

    def _lock(self) -> None:
        deadline = time.monotonic() + (0 if self._held else self._patience_s)
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError as exc:
                if time.monotonic() >= deadline:
                    raise JournalError(f"{self.path}: another process is writing this journal; stop it first") from exc
                time.sleep(0.001)

    def _read_on(self, checkpoint: Seal | None, *, locked: bool) -> None:
        """Read and verify what was added since; under the lock also cut a torn tail."""
        size = os.fstat(self._descriptor).st_size
        if size < self._chain.size:
            raise JournalError(f"{self.path}: shorter than it was: somebody cut it")
        reached = checkpoint is None or self._beside.takes(self._descriptor, checkpoint, self._chain, size)
        data = _read(self._descriptor, self._chain.size, size)
        end = data.rfind(b"\n") + 1
        for line in data[:end].split(b"\n")[:-1]:
            found = self._chain.check(line)[1]
            if found:
                raise JournalError(f"{self.path}: the journal is not sound: {found[0]}; {RESTORE}")
            self._beside.read(line)
            if checkpoint is not None and self._chain.size == checkpoint.size:
                reached = self._beside.agrees(checkpoint, self._chain)
        for fault in missing_keys(self._chain):
            raise JournalError(f"{self.path}: cannot be verified: {fault}")
        if not reached:
            raise JournalError(
                f"{self.path}: does not match its seal {self._beside.path}: records were cut off or rewritten; {RESTORE}"
            )
        if self._chain.lines and not self._chain.log_id.startswith(f"{self._name}/"):
            raise JournalError(f"{self.path}: holds log {self._chain.log_id!r}, not {self._name!r}")
        if locked and end < len(data):
            self._cut(data[end:])

    def _cut(self, torn: bytes) -> None:
        reach("journal.cut.before")
        os.ftruncate(self._descriptor, self._chain.size)
        os.fsync(self._descriptor)
        reach("journal.cut.after")
        if self._chain.lines:
            body: dict[str, JsonValue] = {"bytes": len(torn), "sha256": hashlib.sha256(torn).hexdigest()}
            self._write(TAIL_CUT, body, self._signer.operator)
            self._sync()

    def _append(self, type_: str, body: JsonObject, operator: str) -> None:
        evolution = evolution_due(self._signer, self._chain)
        if evolution is not None and not self._chain.closed:
            self._evolve(evolution)
        self._write(type_, body, operator)

    def _evolve(self, body: JsonObject) -> None:
        """Go on with the next key. The one before is erased when a seal covers all that it signed."""
        self._write(KEY_EVOLVED, body, self._signer.operator)
        held = evolved(self._chain, str(body["successor"]), to_iso(self._signer.clock.now()))
        self._sync()
        self._beside.write(self._chain)
        reach("log_key.before")
        self._signer.keys.logs.keep(held)

    def _write(self, type_: str, body: JsonObject, operator: str) -> None:
        if self._chain.closed:
            raise JournalError(f"{self.path}: the segment is closed; its successor takes the record")
        line, mac = signed_line(self.path, self._signer, self._boot, self._chain, (type_, body, operator))
        line += b"\n"
        reach("journal.append.before")
        if os.write(self._descriptor, line) != len(line):
            raise OSError(28, "the disk took only part of a record")
        reach("journal.append.after")
        self._beside.wrote(line)
        self._chain.appended(mac, len(line), closed=type_ == SEGMENT_CLOSED, log_id=_log_id(body, type_))


def _log_id(body: Mapping[str, JsonValue], type_: str) -> str | None:
    value = body.get("log_id") if type_ in (HEADER_TYPE, SEGMENT_OPENED) else None
    return value if isinstance(value, str) else None


def _read(descriptor: int, start: int, end: int) -> bytes:
    parts = []
    while start < end:
        part = os.pread(descriptor, min(end - start, 1 << 24), start)
        if not part:
            break
        parts.append(part)
        start += len(part)
    return b"".join(parts)


def _kernel_boot_id() -> str:
    """Return the kernel's boot id; where there is none (not Linux) 32 zeros, which says so."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip().replace("-", "")
    except FileNotFoundError:
        return "0" * 32
