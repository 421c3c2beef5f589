"""Speed of a log: appended in synced groups beside a bare file of the same bytes; verified with every MAC, and by seals."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

from golive.audit import NO_KEYS, Chain, Soundness, verify_file
from golive.runtime.clock import SystemClock
from golive.storage.journal_file import Draft, JournalFile, Signer
from golive.storage.keys import SigningKeys

RECORDS: Final = 50_000
GROUP: Final = 50
ROUNDS: Final = 5
APPEND_GOAL: Final = 5_000
VERIFY_GOAL: Final = 100_000
_BODY: Final = {
    "entrypoint": "okx_desktop_paper", "environment": "okx_paper", "event": "signal_received", "instrument": "okx:BTC/USDT",
    "target": 0.5, "cause": "the strategy's target changed", "run_id": "0123456789abcdef0123456789abcdef",
}  # fmt: skip


class Figures(NamedTuple):
    """Records a second; those of verification a CPU second."""

    appended: float
    floor: float
    """a bare file of the same bytes, one write a record and one fdatasync a group"""
    verified: float
    """canonical bytes, chain, every MAC, every seal and tree"""
    verified_by_seals: float
    """without MAC keys, as a host has it for what its erased keys have signed"""
    record_bytes: float


def figures() -> Figures:
    """Measure; the log is written to the temporary folder's disk."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        signer = Signer(SigningKeys.load_or_create(home), SystemClock(), "bench", "0" * 96)
        appended = _append(home, signer)
        data, seal = (home / "log.jsonl").read_bytes(), (home / "log.seal.json").read_bytes()
        floor = _floor(home, data)
        keys = signer.keys
        verified = max(_verify(data, seal, Chain(keys.logs), keys) for _ in range(ROUNDS))
        by_seals = max(_verify(data, seal, Chain(NO_KEYS), keys) for _ in range(ROUNDS))
        return Figures(appended, floor, verified, by_seals, len(data) / RECORDS)


def _append(home: Path, signer: Signer) -> float:
    log = JournalFile.open(home / "log.jsonl", "log", signer, seal_path=home / "log.seal.json", held=False)
    began = time.perf_counter()
    for start in range(0, RECORDS, GROUP):
        group: list[Draft] = [("decision_event", {**_BODY, "n": str(start + n)}, "bench") for n in range(GROUP)]
        log.append_all(group)
    log.seal()
    took = time.perf_counter() - began
    log.close()
    return RECORDS / took


def _floor(home: Path, data: bytes) -> float:
    lines = [line + b"\n" for line in data.split(b"\n")[:-1]]
    descriptor = os.open(home / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    began = time.perf_counter()
    for start in range(0, len(lines), GROUP):
        for line in lines[start : start + GROUP]:
            os.write(descriptor, line)
        os.fdatasync(descriptor)
    took = time.perf_counter() - began
    os.close(descriptor)
    return len(lines) / took


def _verify(data: bytes, seal: bytes, chain: Chain, keys: SigningKeys) -> float:
    began = time.process_time()  # nothing waits in it, and a busy machine disturbs it least
    report = verify_file(data, chain, seal=seal, seal_keys=keys.seal_keys)
    took = time.process_time() - began
    if report.soundness is not Soundness.CLEAN:
        raise AssertionError(report.faults[0])
    return report.records / took


def main() -> None:
    """Print the figures beside their goals."""
    found = figures()
    print(f"appended, groups of {GROUP} synced   {found.appended:>9,.0f} records/s   goal ≥ {APPEND_GOAL:,}")
    print(f"a bare file, synced as often     {found.floor:>9,.0f} records/s")
    print(f"verified, every MAC (CPU)        {found.verified:>9,.0f} records/s   goal ≥ {VERIFY_GOAL:,}")
    print(f"verified by seals (CPU)          {found.verified_by_seals:>9,.0f} records/s   goal ≥ {VERIFY_GOAL:,}")
    print(f"a record has {found.record_bytes:.0f} bytes")


if __name__ == "__main__":
    main()
