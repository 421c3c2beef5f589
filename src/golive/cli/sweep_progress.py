"""What a person sees while a sweep goes on: a bar with the best so far, the rate and the time left."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TextIO

import typer

from golive.model.verdict import ExitCode

from .telling import tell

Show = Callable[[str, int, int, "float | None"], None]
"""called with a label, the sets done, those there are at most, and the best objective so far"""


@contextlib.contextmanager
def bar(stream: TextIO, *, is_wanted: bool) -> Iterator[Show]:
    """Yield what shows progress: a bar on a terminal, nothing elsewhere."""
    if not (is_wanted and stream.isatty()):
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("sets"),
        TextColumn("{task.fields[rate]}"), TextColumn("best {task.fields[best]}"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(file=stream)) as shown:
        task = shown.add_task("", total=None, rate="", best="–")

        def show(label: str, done: int, total: int, best: float | None) -> None:
            speed = shown.tasks[task].speed
            shown.update(
                task, description=label, completed=done, total=total, best="–" if best is None else f"{best:.3g}",
                rate="" if speed is None else f"{speed:,.0f}/s",
            )  # fmt: skip

        yield show


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Say on an interrupt, or when the cluster is lost, that the same command goes on; exit with what is not known yet."""
    from golive.runtime.sweep_cluster import ClusterLost

    try:
        yield
    except (KeyboardInterrupt, ClusterLost) as exc:
        what = str(exc) or "stopped"
        tell(f"{what}; what is computed is kept, and the same command goes on from there")
        raise typer.Exit(ExitCode.UNKNOWN) from None
