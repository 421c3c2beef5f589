"""How much memory this process has used at most."""

from __future__ import annotations

import re
import resource
from pathlib import Path

_STATUS = Path("/proc/self/status")
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


def peak_mib() -> float:
    """Return the peak resident size of this program, MiB.

    The kernel's `VmHWM` begins with the program; `ru_maxrss` begins with the process, so that a large parent which
    forked it shows through. Where there is no `/proc`, `ru_maxrss` (KiB) is the best there is.
    """
    if _STATUS.exists() and (found := _PEAK.search(_STATUS.read_text(encoding="ascii", errors="replace"))) is not None:
        return int(found.group(1)) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
