"""`golive doctor`: what this machine and this installation lack, and the next command for each finding."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .command_app import single_command
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate

app = single_command()


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout (schema golive.doctor.v1).")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Look at machine, files, secrets, licences, certificates, people and journals; nothing is written, no venue is asked.

    Exit 0 nothing to do, 2 the configuration cannot be used, 3 something blocks, 5 a limit is not kept, 6 something could not be
    looked at, 70 stdout did not take the result. Of several the gravest: 2 before 3 before 5 before 6.
    """
    from golive.runtime.clock import SystemClock
    from golive.runtime.doctor.doctor import examine_all
    from golive.runtime.doctor.finding import document

    from .doctor_table import print_report

    where = locate(config, home)
    report = examine_all(where.home, where.runtime_file, SystemClock())
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(document(report), indent=2, ensure_ascii=False) + "\n")
        else:
            print_report(report, stdout, home=None if where.home.resolve() == Path.cwd() else where.home)
    raise typer.Exit(report.exit_code)
