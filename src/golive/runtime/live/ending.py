"""Why a task that should go on as long as a desk does is over."""

from __future__ import annotations

import asyncio


def ended_early(task: asyncio.Task[None]) -> Exception:
    """Return why a task that should go on is over."""
    error = None if task.cancelled() else task.exception()
    how = "was canceled" if task.cancelled() else "returned"
    return error if isinstance(error, Exception) else RuntimeError(f"{task.get_name()} {how}")
