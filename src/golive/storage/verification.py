"""Verifying what an installation has on disk: journals, seals, stores of sessions and orders, and that they agree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from golive.audit import Chain, Soundness
from golive.model.errors import JournalError

from . import (
    alert_audit,
    decision_journal,
    emergency_journal,
    gate_journal,
    licence_files,
    live_log,
    live_segments,
    log_series,
    risk_decisions,
    security_admin,
)
from .alert_verification import verify_alert_audit
from .gate_reports import verify_gate_reports
from .live_verifier import LiveBounds, LiveVerifier, is_order_journal
from .lost_activations import lost_activations
from .lost_acts import lost_acts
from .lost_stores import lost_stores, unknown_decisions
from .lost_switches import lost_switches
from .segments import segment_end
from .session_chain import seal_path as store_seal_path
from .session_reader import SessionReader
from .stop_verification import verify_stops
from .switch_verification import verify_switches
from .verified import Result, VerificationKeys, entries, lost_logs, of_file, verify_journal, verify_series

RISK_LOG: Final = Path("logs/risk_decisions.jsonl")
_JOURNALS: Final = (
    "var/audit/stage/*.jsonl",
    str(gate_journal.DIRECTORY / "*.jsonl"),
    "audit/decision_logs/*.jsonl",
    str(security_admin.PATH),
    str(emergency_journal.PATH),
    "var/security/tls_rotation.json",
    "var/audit/stage6/register.json",
    "var/audit/compliance/register.json",
    "secrets/mtls/core-oem-revoked.json",
    "var/data/*/security/rotation_log.json",
    str(licence_files.REGISTRY),
)
_STAGE: Final = Path("var/audit/stage")
_SESSIONS: Final = Path("var/state/sessions")
_SEALED: Final = (
    _STAGE,
    gate_journal.DIRECTORY,
    decision_journal.DIRECTORY,
    live_segments.DIRECTORY,
    _SESSIONS,
    security_admin.PATH.parent,
    emergency_journal.PATH.parent,
    Path("var/security"),
    Path("var/audit/compliance"),
    Path("secrets/mtls"),
    licence_files.REGISTRY.parent,
)


class Verifier:
    """Verifies files of one installation. `risk_log` and `alerts`, the folder of the audit of alerts, are relative to `home`."""

    def __init__(
        self,
        home: Path,
        keys: VerificationKeys,
        risk_log: Path = RISK_LOG,
        live: LiveBounds | None = None,
        alerts: Path = alert_audit.DIRECTORY,
    ) -> None:
        self._home = home
        self._keys = keys
        self._risk_log = home / risk_log
        self._alerts = home / alerts
        self._live = LiveVerifier(home, keys, live or LiveBounds(), self._risk_log)

    def everything(self) -> list[Result]:
        """Verify every journal and store of the installation, and compare stores with the journals made from them."""
        results = self.logs()
        results.extend(self.store(path) for path in sorted((self._home / _SESSIONS).glob("*.sqlite")))
        results.extend(self._live.everything())
        results.extend(lost_logs(self._keys, results))
        results.extend(self._compared(results))
        results.extend(self._orphans())
        results.extend(verify_switches(self._home))
        results.extend(verify_stops(self._home))
        results.extend(lost_activations(self._home, self._alerts, self._live.activations()))
        results.extend(lost_switches(self._home))
        results.extend(lost_acts(self._home))
        results.extend(verify_gate_reports(self._home))
        return results

    def logs(self) -> list[Result]:
        """Verify every journal and register but the decision log of live orders."""
        journals = [path for pattern in _JOURNALS for path in sorted(self._home.glob(pattern)) if not live_log.is_log_file(path)]
        if self._risk_log.exists():
            journals.append(self._risk_log)
        results = [self.journal(path) for path in journals]
        results.extend(verify_series(decision_journal.journal_files(self._home / decision_journal.DIRECTORY), self._keys))
        results.extend(verify_alert_audit(self._home, self._keys, self._alerts))
        return results

    def sealed_logs(self) -> list[Result]:
        """Verify every log, the decision log of live orders too, and name those that are gone."""
        results = [*self.logs(), *self._live.log()]
        return [*results, *lost_logs(self._keys, results)]

    def log_starts(self) -> list[Path]:
        """Return the first file of every log and register of the installation."""
        found = [path for pattern in _JOURNALS for path in sorted(self._home.glob(pattern))]
        found += [self._risk_log] if self._risk_log.exists() else []
        found += decision_journal.journal_files(self._home / decision_journal.DIRECTORY) + alert_audit.alert_files(self._alerts)
        return list(dict.fromkeys(log_series.files_of(path)[0] for path in found))

    def log(self, path: Path) -> list[Result]:
        """Verify every file of the log that `path` is a file of, oldest first."""
        files = log_series.files_of(path)
        if live_log.is_log_file(path) and files:
            return self._live.bounded(files)
        if not files:
            sealed = path.with_suffix(".seal.json").exists()
            return [Result(path, (of_file(Soundness.TAMPERED if sealed else Soundness.CANNOT_SAY, "there is no such file"),))]
        if len(files) == 1:
            return [self.one(files[0])]
        return list(verify_series(files, self._keys, log_series.begin(files, self._keys.mac)))

    def one(self, path: Path) -> Result:
        """Verify one file, by its kind."""
        if path.suffix == ".sqlite":
            return self._live.journal(path) if is_order_journal(path) else self.store(path)
        if live_log.is_log_file(path):
            return self._live.log_file(path)
        if not path.is_file():
            sealed = path.with_suffix(".seal.json").exists()
            return Result(path, (of_file(Soundness.TAMPERED if sealed else Soundness.CANNOT_SAY, "there is no such file"),))
        is_audit = path.absolute().parent == self._alerts.absolute()
        if path.parent.name == decision_journal.DIRECTORY.name or is_audit:
            files = alert_audit.alert_files(path.parent) if is_audit else decision_journal.journal_files(path.parent)
            earlier = [other for other in files if other.name < path.name]
            if not earlier and is_audit:
                return self.journal(path, alert_audit.chain_before(files, Chain(self._keys.mac)))
            if earlier:
                try:
                    return self.journal(path, segment_end(earlier[-1], self._keys.mac))
                except JournalError as exc:
                    return Result(path, (of_file(Soundness.TAMPERED, f"the file before it is not sound: {exc}"),))
        return self.journal(path)

    def journal(self, path: Path, chain: Chain | None = None) -> Result:
        """Verify one journal file with the seal beside it; `chain` carries on from the file before."""
        chain = Chain(self._keys.mac) if chain is None else chain
        result = verify_journal(path, self._keys, chain)
        for folder, name, what in ((_STAGE, "stage", "the stage records"), (gate_journal.DIRECTORY, "gate", "those of the gate")):
            if path.parent == self._home / folder and chain.log_id and not chain.log_id.startswith(f"{name}/{path.stem}/"):
                text = f"holds log {chain.log_id!r}, not {what} of {path.stem!r}"
                return result.with_faults(of_file(Soundness.TAMPERED, text))
        return result

    def store(self, path: Path) -> Result:
        """Verify one session store: schema, both chains, seal."""
        if self._keys.own is None:
            return Result(path, (of_file(Soundness.CANNOT_SAY, "a session store is verified with the MAC key of its host"),))
        if not path.is_file():
            sealed = store_seal_path(path).exists()
            return Result(path, (of_file(Soundness.TAMPERED if sealed else Soundness.CANNOT_SAY, "there is no such file"),))
        try:
            with closing(SessionReader(path)) as reader:
                found = [of_file(Soundness.TAMPERED, text) for text in reader.faults(self._keys.own)]
                head = reader.head(self._keys.own)
                if not reader.is_sealed:
                    text = "not sealed: its session runs still, or crashed and the next run of its entrypoint will finish it"
                    found.append(of_file(Soundness.CANNOT_SAY, text))
                return Result(path, tuple(found), head.seq + head.event_seq, head.seq if reader.is_sealed else None)
        except JournalError as exc:
            return Result(path, (of_file(Soundness.CANNOT_SAY, str(exc)),))

    def _compared(self, results: list[Result]) -> Iterator[Result]:
        """Compare each sealed, sound store with the journals; a journal that is not sound has been told already."""
        sound = [result.path for result in results if result.soundness is Soundness.CLEAN]
        stores = [path for path in sound if path.suffix == ".sqlite" and path.parent == self._home / _SESSIONS]
        decisions = decision_journal.journal_files(self._home / decision_journal.DIRECTORY)
        written = decision_journal.index(entry for path in decisions for entry in entries(path))
        risk = list(entries(self._risk_log))  # before the journals and stores that may only know more
        unseen = {run for run, _ in written if isinstance(run, str)}
        for path in stores:
            with closing(SessionReader(path)) as reader:
                run = reader.identity.run_id
                differences = [*decision_journal.compare(run, reader.records(), written)]
                differences += risk_decisions.compare(reader.risk_bodies(), risk)
                differences += decision_journal.undecided(run, written, ended=reader.has_ended)
            unseen.discard(run)
            if differences:
                yield Result(path, tuple(of_file(Soundness.TAMPERED, text) for text in differences))
        faults = [text for run in sorted(unseen) for text in decision_journal.undecided(run, written, ended=False)]
        if faults and set(decisions) <= set(sound):
            yield Result(decisions[-1], tuple(of_file(Soundness.TAMPERED, text) for text in faults))
        yield from lost_stores(self._home, written)
        if (live := self._live.orders()) is not None:
            yield from unknown_decisions(self._home, self._risk_log, risk, written, live)

    def _orphans(self) -> Iterator[Result]:
        folders = [*(self._home / part for part in _SEALED), self._alerts, *sorted(self._home.glob("var/data/*/security"))]
        for directory in folders:
            for seal in sorted(directory.glob("*.seal.json")):
                name = seal.name.removesuffix(".seal.json")
                if not any((directory / f"{name}{suffix}").exists() for suffix in (".jsonl", ".sqlite", ".log", ".json")):
                    yield Result(seal, (of_file(Soundness.TAMPERED, "seals a file that is gone"),))
