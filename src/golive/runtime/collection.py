"""The search for garbage in cycles while history is run through: a run leaves next to none, and what it makes lives as long."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_YOUNG: Final = 20_000
"""objects that are made before they are looked at, of a size that is a few MiB at most"""


@contextmanager
def rare_collections() -> Iterator[None]:
    """Look for cycles rarely, and never among the objects that were there before; as it was again afterwards."""
    young, *older = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(max(young, _YOUNG) if young else 0, *older)
    try:
        yield
    finally:
        gc.set_threshold(young, *older)
        gc.unfreeze()
