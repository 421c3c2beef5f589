"""The memory figure is this program's, whoever started it."""

from __future__ import annotations

import subprocess
import sys

from golive.runtime.memory import peak_mib

_CHILD = "from golive.runtime.memory import peak_mib; x = bytearray({0} << 20); print(peak_mib())"


def _peak_of_a_child(size_mib: int) -> float:
    # preexec_fn makes it fork and not vfork: the case in which a large parent shows through ru_maxrss
    done = subprocess.run(
        [sys.executable, "-c", _CHILD.format(size_mib)], capture_output=True, text=True, check=True, preexec_fn=lambda: None
    )
    return float(done.stdout)


def test_the_peak_counts_what_was_touched_and_not_what_the_parent_holds() -> None:
    ballast = bytearray(200 << 20)
    small, large = _peak_of_a_child(1), _peak_of_a_child(100)
    assert small < 100
    assert 95 < large - small < 120
    assert peak_mib() > len(ballast) / (1 << 20)
