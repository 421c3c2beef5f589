"""Which functions of risk a piece of work calls: a test that never calls the falsified one cannot tell, and is not asked."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

Called = set[tuple[str, str]]
"""(file, dotted name within it), of functions, methods and what is nested in them"""


@contextmanager
def watched(folder: str) -> Iterator[Called]:
    """Note every call of what is defined below a folder, until the block is left."""
    called: Called = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(folder):
            called.add((code.co_filename, code.co_qualname))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield called
    finally:
        sys.setprofile(before)
