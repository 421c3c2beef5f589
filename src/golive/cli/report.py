"""`golive report`: open a report's page, the guardrails of chosen entrypoints, and how far fills were from their shadow's."""

from __future__ import annotations

import json
import os
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from golive.model.errors import JournalError
from golive.model.verdict import ExitCode

from .command_app import command_group
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate
from .telling import tell


class Mode(str, Enum):
    DEMO = "demo"
    PAPER = "paper"


class Kind(str, Enum):
    BACKTEST = "backtest"
    SWEEP = "sweep"
    WALK_FORWARD = "walk-forward"
    RUN = "run"


app = command_group("Open a report, or show what a session's report says.")


@app.callback()
def report() -> None:
    """Open a report, or show what a session's report says."""


@app.command("open")
def open_report(
    run: Annotated[str, typer.Option("--run", metavar="ID|latest", help="The run's id, or its first digits.")] = "latest",
    kind: Annotated[Kind | None, typer.Option(help="The command that made it. Default: whatever is newest.")] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the page's path.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Open the newest report's HTML page in the browser and print its path.

    Exit codes: 0 found, 6 there is no such report, 2 usage, 70 internal error or stdout did not take the result.
    """
    from golive.storage.report_pages import newest_page

    found = newest_page(locate(config, home).home, None if kind is None else kind.value, None if run == "latest" else run)
    if found is None:
        _cannot_say("there is no such report; `golive backtest`, `sweep`, `walk-forward` and `run` write one (see --run, --kind)")
        return
    with delivered() as stdout:
        stdout.write(f"{found}\n")
    if not no_browser:
        from .browser import open_file

        open_file(found)


@app.command()
def divergence(
    run: Annotated[str | None, typer.Option("--run", metavar="ID", help="The session's run id, or its first digits.")] = None,
    mode: Annotated[Mode | None, typer.Option(help="Only demo or only paper sessions.")] = None,
    entrypoint: Annotated[str | None, typer.Option(metavar="NAME", help="Only sessions of this entrypoint.")] = None,
    orders: Annotated[int, typer.Option(metavar="N", min=0, help="How many orders to show, the farthest apart first.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    report_dir: Annotated[Path, typer.Option(metavar="DIR", help="Where the reports are, relative to home.")] = Path("logs/e2e"),
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Compare each order of the newest session (or of --run) with what its shadow made of it, in quote currency.

    Positive is what the session did worse. Exit codes: 0 shown, 6 there is no session that fits or none with a shadow that
    saw it to its end, 2 usage, 70 internal error or stdout did not take the result.
    """
    from golive.storage.run_reports import newest_report

    found = newest_report(
        locate(config, home).home / report_dir, mode=None if mode is None else mode.value, entrypoint=entrypoint, run_id=run
    )
    section = None if found is None else found.get("divergence")
    if found is None:
        _cannot_say("there is no report of such a session; run one, or look at --run, --mode, --entrypoint, --report-dir")
    elif not isinstance(section, dict):
        _cannot_say(f"session {found.get('run_id')} had no shadow; run it with --shadow ideal")
    elif section["ended"] is not None:
        _cannot_say(f"the shadow of session {found.get('run_id')} ended early: {section['ended']}")
    else:
        head = {name: found.get(name) for name in ("run_id", "mode", "entrypoint", "started_at", "finished_at", "fill_model")}
        with delivered() as stdout:
            if as_json:
                from golive.observability.divergence import DIVERGENCE

                document = {"schema": DIVERGENCE, **head, **section}
                stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
            else:
                from .divergence_table import print_divergence

                print_divergence({**head, **section}, stdout, most=orders)


@app.command()
def guardrails(
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="TAG", help="Only entrypoints with this tag; given several times: with all of them."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout instead of Markdown.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Show the I/O queues of entrypoints as their newest runs left them: limits, waits, time-outs, refusals, what to change, and
    the last events.

    Exit codes: 0 no queue that judges its entrypoint timed out, 5 one did, 6 no run has measured one, or what is stored cannot be
    read, 2 usage or configuration (a tag that no entrypoint has), 70 internal error or stdout did not take the result.
    """
    from golive.observability.guardrail_report import document
    from golive.runtime.clock import SystemClock
    from golive.runtime.stored_guardrails import stored_guardrails
    from golive.storage.config_files import load_configuration

    where = locate(config, home)
    configuration = load_configuration(where.runtime_file, os.environ)
    try:
        found = stored_guardrails(where.home, configuration, SystemClock().now(), tags=tag or ())
    except JournalError as exc:
        _cannot_say(str(exc))
        return
    told = document(found)
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
        else:
            from golive.observability.guardrail_page import guardrail_page
            from golive.observability.markdown import page_markdown

            stdout.write(page_markdown(guardrail_page(told)))
    codes = {"breached": ExitCode.BREACHED, "unknown": ExitCode.UNKNOWN}
    raise typer.Exit(codes.get(found.status, ExitCode.OK))


def _cannot_say(why: str) -> None:
    tell(f"golive: {why}")
    raise typer.Exit(ExitCode.UNKNOWN)
