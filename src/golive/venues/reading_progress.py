"""How far an account's long lists were read: whoever waits for them waits on while they go deeper."""

from __future__ import annotations

from collections.abc import Callable


class ReadingProgress:
    """Only a page further back than any before of its list is progress, so that it ends also when lists are read anew."""

    def __init__(self) -> None:
        self._deepest: dict[str, int] = {}
        self.listener: Callable[[], None] | None = None
        """told of each progress, on the loop"""

    def reached(self, of: str, depth: int) -> None:
        """A page came, the `depth`th of this list."""
        if depth > self._deepest.get(of, 0):
            self._deepest[of] = depth
            if self.listener is not None:
                self.listener()
