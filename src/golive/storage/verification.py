"""Verifying what an installation has on disk: journals, seals, session stores, and that store and journal agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from golive.audit import Chain, Entry, EntryError, Fault, Soundness, decode_entry, verify_file, worst
from golive.model.errors import JournalError

from . import decision_journal, risk_decisions
from .keys import PUBLIC_DIRECTORY, DevelopmentKeys, read_public_key
from .session_chain import seal_path as store_seal_path
from .session_reader import SessionReader

RISK_LOG: Final = Path("logs/risk_decisions.jsonl")
_JOURNALS: Final = ("var/audit/stage/*.jsonl", "audit/decision_logs/*.jsonl", "alerts/alerts-*.jsonl")
_STAGE: Final = Path("var/audit/stage")
_SESSIONS: Final = Path("var/state/sessions")
_SEALED: Final = (_STAGE, decision_journal.DIRECTORY, _SESSIONS)


@dataclass(frozen=True, slots=True)
class Result:
    """What was found about one file."""

    path: Path
    faults: tuple[Fault, ...]
    records: int = 0
    sealed_seq: int | None = None

    @property
    def soundness(self) -> Soundness:
        return worst(self.faults)


@dataclass(frozen=True, slots=True)
class VerificationKeys:
    """The keys a verifier has: MAC keys by id, public seal keys by id, and ours where this host has them."""

    mac: Mapping[str, bytes] = field(default_factory=dict)
    seal: Mapping[str, bytes] = field(default_factory=dict)
    own: DevelopmentKeys | None = None

    @classmethod
    def of_home(cls, home: Path) -> VerificationKeys:
        """Return the keys of this installation; without its private ones the published ones. Raises JournalError."""
        own = DevelopmentKeys.load(home)
        if own is not None:
            return cls(own.mac_keys, own.seal_keys, own)
        return cls(seal=dict(read_public_key(path) for path in sorted((home / PUBLIC_DIRECTORY).glob("*.json"))))

    @classmethod
    def public(cls, path: Path) -> VerificationKeys:
        """Return what a stranger has: one public key, from a published document."""
        return cls(seal=dict([read_public_key(path)]))


class Verifier:
    """Verifies files of one installation. `risk_log` is relative to `home`."""

    def __init__(self, home: Path, keys: VerificationKeys, risk_log: Path = RISK_LOG) -> None:
        self._home = home
        self._keys = keys
        self._risk_log = home / risk_log

    def everything(self) -> list[Result]:
        """Verify every journal and store of the installation, and compare stores with the journals made from them."""
        journals = [path for pattern in _JOURNALS for path in sorted(self._home.glob(pattern))]
        if self._risk_log.exists():
            journals.append(self._risk_log)
        results = [self.journal(path) for path in journals]
        results.extend(self._decisions())
        results.extend(self.store(path) for path in sorted((self._home / _SESSIONS).glob("*.sqlite")))
        results.extend(self._compared(results))
        results.extend(self._orphans())
        return results

    def one(self, path: Path) -> Result:
        """Verify one file, by its kind."""
        if path.suffix == ".sqlite":
            return self.store(path)
        if not path.is_file():
            sealed = path.with_suffix(".seal.json").exists()
            return Result(path, (_fault(Soundness.TAMPERED if sealed else Soundness.CANNOT_SAY, "there is no such file"),))
        if path.parent.name == decision_journal.DIRECTORY.name:
            earlier = [other for other in decision_journal.journal_files(path.parent) if other.name < path.name]
            if earlier:
                try:
                    return self.journal(path, decision_journal.segment_end(earlier[-1], self._keys.mac))
                except JournalError as exc:
                    return Result(path, (_fault(Soundness.TAMPERED, f"the file before it is not sound: {exc}"),))
        return self.journal(path)

    def journal(self, path: Path, chain: Chain | None = None) -> Result:
        """Verify one journal file with the seal beside it; `chain` carries on from the file before."""
        chain = Chain(self._keys.mac) if chain is None else chain
        seal_file = path.with_suffix(".seal.json")
        try:
            seal = seal_file.read_bytes() if seal_file.exists() else None
            data = path.read_bytes()
        except OSError as exc:
            return Result(path, (_fault(Soundness.CANNOT_SAY, f"cannot be read: {exc.strerror}"),))
        report = verify_file(data, chain, seal=seal, seal_keys=self._keys.seal)
        found = list(report.faults)
        if seal is None:
            found.append(_fault(Soundness.CANNOT_SAY, f"no seal {seal_file.name} beside it: a cut tail would not show"))
        if path.parent == self._home / _STAGE and chain.log_id and not chain.log_id.startswith(f"stage/{path.stem}/"):
            found.append(_fault(Soundness.TAMPERED, f"holds log {chain.log_id!r}, not the stage records of {path.stem!r}"))
        return Result(path, tuple(found), report.records, report.sealed_seq)

    def store(self, path: Path) -> Result:
        """Verify one session store: schema, both chains, seal."""
        if self._keys.own is None:
            return Result(path, (_fault(Soundness.CANNOT_SAY, "a session store is verified with the MAC key of its host"),))
        if not path.is_file():
            sealed = store_seal_path(path).exists()
            return Result(path, (_fault(Soundness.TAMPERED if sealed else Soundness.CANNOT_SAY, "there is no such file"),))
        try:
            with closing(SessionReader(path)) as reader:
                found = [_fault(Soundness.TAMPERED, text) for text in reader.faults(self._keys.own)]
                head = reader.head(self._keys.own)
                if not reader.is_sealed:
                    text = "not sealed: its session runs still, or crashed and the next run of its entrypoint will finish it"
                    found.append(_fault(Soundness.CANNOT_SAY, text))
                return Result(path, tuple(found), head.seq + head.event_seq, head.seq if reader.is_sealed else None)
        except JournalError as exc:
            return Result(path, (_fault(Soundness.CANNOT_SAY, str(exc)),))

    def _decisions(self) -> Iterator[Result]:
        chain = Chain(self._keys.mac)
        files = decision_journal.journal_files(self._home / decision_journal.DIRECTORY)
        for position, path in enumerate(files):
            result = self.journal(path, chain)
            if position + 1 < len(files) and not chain.closed:
                fault = _fault(Soundness.TAMPERED, f"does not end with a closing record, yet {files[position + 1].name} follows")
                result = Result(path, (*result.faults, fault), result.records, result.sealed_seq)
            yield result
            chain.next_file()

    def _compared(self, results: list[Result]) -> Iterator[Result]:
        """Compare each sealed, sound store with the journals; a journal that is not sound has been told already."""
        sound = [result.path for result in results if result.soundness is Soundness.CLEAN]
        stores = [path for path in sound if path.suffix == ".sqlite"]
        if not stores:
            return
        decisions = decision_journal.journal_files(self._home / decision_journal.DIRECTORY)
        written = decision_journal.index(entry for path in decisions for entry in _entries(path))
        risk = list(_entries(self._risk_log))
        for path in stores:
            with closing(SessionReader(path)) as reader:
                differences = [*decision_journal.compare(reader.identity.run_id, reader.records(), written)]
                differences += risk_decisions.compare(reader.risk_bodies(), risk)
            if differences:
                yield Result(path, tuple(_fault(Soundness.TAMPERED, text) for text in differences))

    def _orphans(self) -> Iterator[Result]:
        for directory in (self._home / part for part in _SEALED):
            for seal in sorted(directory.glob("*.seal.json")):
                name = seal.name.removesuffix(".seal.json")
                if not any((directory / f"{name}{suffix}").exists() for suffix in (".jsonl", ".sqlite")):
                    yield Result(seal, (_fault(Soundness.TAMPERED, "seals a file that is gone"),))


def _fault(soundness: Soundness, text: str) -> Fault:
    return Fault(soundness, 0, None, text)


def _entries(path: Path) -> Iterator[Entry]:
    """Yield what can be read of a journal; what cannot has been reported by its own verification."""
    if not path.exists():
        return
    for line in path.read_bytes().split(b"\n")[:-1]:
        try:
            yield decode_entry(line)[0]
        except EntryError:
            continue
