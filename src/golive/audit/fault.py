"""What verifying finds: one thing wrong, and how bad it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Soundness(StrEnum):
    """What can be said about a journal; `golive audit verify` exits 0, 6, 1, 1, 6."""

    CLEAN = "clean"
    TORN_TAIL = "torn_tail"
    TAMPERED = "tampered"
    OUT_OF_BOUNDS = "out_of_bounds"
    """what was written, and it says that a bound was broken"""
    CANNOT_SAY = "cannot_say"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: `line` counts from 1 (0 = the file as a whole); `seq` where the record could be read."""

    soundness: Soundness
    line: int
    seq: int | None
    text: str

    def __str__(self) -> str:
        where = f"line {self.line}" if self.line else "file"
        return f"{where}{f' (seq {self.seq})' if self.seq is not None else ''}: {self.text}"
