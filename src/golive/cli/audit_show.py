"""`golive audit show`: the records of one log, after what verifying it found."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

from golive.model.errors import JournalError
from golive.model.verdict import ExitCode

from .audit_findings import exit_code, named_file, told, verifier_of, window_of
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate
from .telling import tell
from .terminal import clean

if TYPE_CHECKING:
    from golive.audit import Entry
    from golive.storage.verified import Result

HEADING: Final = f"{'seq':>8}  {'time (UTC)':<30}  {'type':<22}  {'operator':<14}  body"
LogPath = Annotated[
    Path | None, typer.Argument(metavar="[PATH]", help="A file of the log. Default: the decision log of live orders.")
]


class Wanted(NamedTuple):
    """Which records are asked for; times are ns UTC, `until` is not included."""

    types: frozenset[str]
    since: int | None
    until: int | None
    operator: str | None

    def has(self, entry: Entry) -> bool:
        """Say whether a record is one of them; one whose time cannot be read is of every time."""
        from golive.storage.log_series import in_window

        if self.types and entry.type not in self.types:
            return False
        return self.operator in (None, entry.operator) and in_window(entry, self.since, self.until)


def show(
    path: LogPath = None,
    last: Annotated[int | None, typer.Option("--last", metavar="N", min=1, help="The newest N of them only.")] = None,
    types: Annotated[list[str] | None, typer.Option("--type", metavar="T", help="Records of this type; repeatable.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="From this time, like 2026-01-10 or 2026-01-10T09:00Z.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Before this time.")] = None,
    operator: Annotated[str | None, typer.Option(metavar="NAME", help="Of this person only.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Records as they stand in the log, a JSON line each.")] = False,
    home: HomeOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show the records of a log, all its files in one, or of a register; the first lines say what verifying it found.

    With --json the first line is {"verified": [...]}, with what was found of each file.

    Exit 0 clean, 1 tampered or out of bounds, 6 cannot say; what can be read is shown all the same. 2 usage, 70 stdout did not
    take the result.
    """
    from golive.storage.log_series import LIVE_LOG

    wanted = Wanted(frozenset(types or ()), *window_of(since, until), operator)
    where = locate(config, home)
    try:
        results = verifier_of(where).log(where.home / LIVE_LOG if path is None else named_file(path, where.home))
        with delivered() as stdout:
            stdout.write(f"{_verified(results, where.home)}\n" if as_json else _table_head(results, where.home))
            for line in _newest(_lines(results, wanted, as_json=as_json), last):
                stdout.write(f"{line}\n")
    except JournalError as exc:
        tell(f"cannot say: {exc}")
        raise typer.Exit(ExitCode.UNKNOWN) from exc
    raise typer.Exit(exit_code({result.soundness for result in results}))


def row(entry: Entry) -> str:
    """Return a record as a row for a person, of one line and without what could steer the terminal."""
    body = {name: value for name, value in entry.body.items() if name != "key_class"}
    text = json.dumps(body, ensure_ascii=False, separators=(", ", ": "))
    return clean(f"{entry.seq:>8}  {entry.ts:<30}  {entry.type:<22}  {entry.operator:<14}  {text}")


def json_line(entry: Entry) -> str:
    """Return a record as a line of JSON: its canonical form."""
    from golive.audit import encode_entry

    return encode_entry(entry).decode()


def _lines(results: Sequence[Result], wanted: Wanted, *, as_json: bool) -> Iterator[str]:
    """Yield what was verified, and nothing that others wrote since."""
    from golive.storage.log_series import records_of

    line_of = json_line if as_json else row
    for result in results:
        if result.records:
            yield from (line_of(entry) for entry in records_of(result.path, result.records) if wanted.has(entry))


def _newest(lines: Iterable[str], last: int | None) -> Iterable[str]:
    return lines if last is None else deque(lines, last)


def _table_head(results: Sequence[Result], home: Path) -> str:
    found = "\n".join(told(result, home) for result in results)
    classes = sorted({str(result.key_class) for result in results if result.key_class is not None})
    found += "".join(f"\n{'signed':<13} with keys for {each}" for each in classes)
    return f"{found}\n\n{HEADING}\n"


def _verified(results: Sequence[Result], home: Path) -> str:
    files = [
        {
            "file": str(result.path.relative_to(home) if result.path.is_relative_to(home) else result.path),
            "soundness": str(result.soundness),
            "records": result.records,
            "sealed_seq": result.sealed_seq,
            "key_class": None if result.key_class is None else str(result.key_class),
            "faults": [str(fault) for fault in result.faults],
        }
        for result in results
    ]
    return json.dumps({"verified": files}, separators=(",", ":"))
