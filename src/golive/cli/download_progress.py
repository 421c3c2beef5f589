"""What a person sees of a download: a bar while it goes on, lines at its end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TextIO

from golive.model.json import JsonObject

from .terminal import clean

if TYPE_CHECKING:
    from golive.runtime.download.download import Progress


@contextlib.contextmanager
def bar(stream: TextIO, label: str, *, is_wanted: bool) -> Iterator[Callable[[Progress], None]]:
    """Yield what shows progress: a bar on a terminal, nothing elsewhere or when none is wanted."""
    if not (is_wanted and stream.isatty()):
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("candles"),
        TextColumn("{task.fields[requests]} requests"), TimeRemainingColumn(),
    )  # fmt: skip
    with Bar(*columns, console=Console(file=stream)) as shown:
        task = shown.add_task(clean(label), total=None, requests=0)

        def show(progress: Progress) -> None:
            shown.update(task, completed=progress.done, total=progress.total, requests=progress.requests)

        yield show


def print_outcome(document: JsonObject, stream: TextIO) -> None:
    """Print what came of a download, from its JSON document."""
    from golive.market.wording import counted

    candles, gaps = (counted(int(str(document[f"stored_{of}"])), noun) for of, noun in (("rows", "candle"), ("gaps", "gap")))
    lines = [
        f"{document['instrument']} {document['timeframe']} of {document['environment']}, from {document['source']}",
        f"{document['since']} to {document['until'] or 'unknown'}: {document['added_rows']} candles added, "
        f"{document['absent_rows']} the venue does not have, {document['requests']} requests, {document['seconds']} s",
        f"stored: {candles}, {gaps}, quality {document['quality']}",
        f"quality report: {document['quality_report']}",
    ]
    if document["risk_snapshot"]:
        lines.append(f"risk snapshot: {document['risk_snapshot']} ({document['risk_snapshot_status']})")
    if document["stopped"]:
        lines.append(f"stopped: {document['stopped']}; what came is stored, run the command again to go on")
    for line in lines:
        stream.write(clean(line) + "\n")
