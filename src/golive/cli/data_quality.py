"""`golive data quality`: the newest data-quality report."""

from __future__ import annotations

import json

import typer

from golive.model.errors import JournalError
from golive.model.verdict import ExitCode

from .data_options import JsonOption
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate
from .telling import tell

_CODES = {"ok": ExitCode.OK, "warning": ExitCode.OK, "critical": ExitCode.VALIDATION_FAILED, "no_data": ExitCode.UNKNOWN}


def quality(config: ConfigOption = DEFAULT_CONFIG, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show the newest data-quality report that a download, an import or a verification has written.

    Exit codes: 0 ok or warning, 4 critical, 6 it is of no data or there is no report, 2 usage, 70 a report that cannot be read,
    or stdout did not take the result.
    """
    from golive.market.quality_report import FOLDER, latest_report, read_report
    from golive.observability import reading as read

    from .data_table import print_quality

    found = locate(config, home).home
    path = latest_report(found / FOLDER.parent)
    if path is None:
        tell("golive: there is no data-quality report; `golive data verify` writes one of each stored series")
        raise typer.Exit(ExitCode.UNKNOWN)
    try:
        document = read_report(path)
    except TypeError as exc:
        raise JournalError(str(exc)) from exc
    code = _CODES.get(read.text(document, "summary", "status"), ExitCode.UNKNOWN)
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        else:
            print_quality(document, path.relative_to(found), stdout)
    raise typer.Exit(code)
