"""The command `golive`: the table of its commands, and what an error that reaches the top means for the exit code."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

import typer

from golive.model.errors import ConfigError, GoliveError, PrerequisiteMissing, StrategyError
from golive.model.redaction import redacted, without_secrets
from golive.model.verdict import ExitCode
from golive.runtime.failure import ValidationFailed

from .lazy import LazyCommand, LazyGroup
from .process_guard import guard_process

COMMANDS: Final[Mapping[str, LazyCommand]] = {
    "run": LazyCommand("golive.cli.run:app", "Run a session and judge it."),
    "autotrade": LazyCommand("golive.cli.autotrade:app", "Switch auto-trade on or off, confirm a running session."),
    "backtest": LazyCommand("golive.cli.backtest:app", "Run a strategy over stored candles."),
    "sweep": LazyCommand("golive.cli.sweep:app", "Try many parameter sets over stored candles, and say how much is luck."),
    "walk-forward": LazyCommand("golive.cli.walk_forward:app", "Choose on one stretch of history, trade the next, move on."),
    "config": LazyCommand("golive.cli.config:app", "Check, show and describe the configuration."),
    "freeze": LazyCommand("golive.cli.freeze:app", "Freeze the configuration that live starts with, and hold it against that."),
    "gate": LazyCommand("golive.cli.gate:app", "Show, open and close the gate that live trading waits behind."),
    "data": LazyCommand("golive.cli.data:app", "Download, import, examine and export market data."),
    "venue": LazyCommand("golive.cli.venue:app", "Examine a venue, or list the configured ones."),
    "orders": LazyCommand("golive.cli.session_list:orders_app", "List the orders of a session."),
    "fills": LazyCommand("golive.cli.session_list:fills_app", "List the fills of a session."),
    "positions": LazyCommand("golive.cli.session_list:positions_app", "List the positions of a session."),
    "balances": LazyCommand("golive.cli.session_list:balances_app", "List the balances of a session's account."),
    "decisions": LazyCommand("golive.cli.decisions:app", "List what a session decided, and why it did nothing."),
    "order": LazyCommand("golive.cli.order:app", "Send, cancel and list orders by hand, in rehearsal."),
    "reconcile": LazyCommand("golive.cli.reconcile:app", "Compare order journals with venues, and decide what differs."),
    "report": LazyCommand("golive.cli.report:app", "Open a report, show guardrails, or how far a session was from its shadow."),
    "explain": LazyCommand("golive.cli.explain:app", "Tell in words why: an order, a signal, or a time."),
    "risk": LazyCommand("golive.cli.risk:app", "Show what is used of each limit; release stops, re-arm, end emergency mode."),
    "slo": LazyCommand("golive.cli.slo:app", "Hold the service against what is promised, with error budgets."),
    "panic": LazyCommand("golive.cli.panic:app", "Stop all entries at once, cancel, optionally sell, and read back."),
    "alerts": LazyCommand("golive.cli.alerts:app", "List, acknowledge and deliver alerts, and test their channels."),
    "operator": LazyCommand("golive.cli.operator:app", "Name the people who may lift stops and confirm trading."),
    "secrets": LazyCommand("golive.cli.secrets:app", "Keep API keys and alert URLs encrypted, and rotate keys."),
    "mtls": LazyCommand("golive.cli.mtls:app", "Make, renew, verify and revoke the certificates of services."),
    "keys": LazyCommand("golive.cli.keys:app", "Show what journals are signed with; make the keys of production."),
    "licence": LazyCommand("golive.cli.licence:app", "Show the licence, take a revocation list, refresh the fingerprint."),
    "issuer": LazyCommand("golive.cli.issuer:app", "Make signing keys, revocation lists and fingerprints of licences."),
    "provision": LazyCommand("golive.cli.provision:app", "Issue, install and verify a licence (oem_provision_license.py)."),
    "token": LazyCommand("golive.cli.token:app", "Issue, list and revoke session tokens for services."),
    "health": LazyCommand("golive.cli.health:app", "Serve health and status to those with a certificate."),
    "metrics": LazyCommand("golive.cli.metrics:app", "Make alert rules and dashboards; keep what dashboards show."),
    "portfolio": LazyCommand("golive.cli.portfolio:app", "Compare an account with our ledger and with its targets."),
    "drill": LazyCommand("golive.cli.drill:app", "Break simulated venues, and measure how trading heals."),
    "runbook": LazyCommand("golive.cli.runbook:app", "Carry out the operators' runbooks, and show how far they are."),
    "audit": LazyCommand("golive.cli.audit:app", "Verify, show, follow and hand over journals, seals and registers."),
    "signoff": LazyCommand("golive.cli.signoff:app", "Sign off an entrypoint for live; list, check and revoke sign-offs."),
    "compliance": LazyCommand("golive.cli.compliance:app", "Archive the documents of exchanges: KYC, KYB, offline access."),
    "named-tests": LazyCommand("golive.cli.named_tests:app", "Run the tests that the runbooks name; keep a signed result."),
    "window": LazyCommand("golive.cli.window:app", "Announce a window of live trading; close, archive and sum it up."),
    "doctor": LazyCommand("golive.cli.doctor:app", "Look at machine, files, secrets and journals; say what to do."),
    "strategy": LazyCommand("golive.cli.strategy:app", "Write, list, show and check strategies."),
    "simvenue": LazyCommand("golive.cli.simvenue:app", "A simulated exchange on this machine, for bots and tests."),
}


class _Commands(LazyGroup):
    table = COMMANDS


app = typer.Typer(
    cls=_Commands, rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, no_args_is_help=True
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from golive import __version__

        typer.echo(f"golive {__version__}")
        raise typer.Exit


@app.callback()
def golive(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Take a crypto trading bot from demo to paper to live, on measured, signed evidence.

    Exit codes: 0 ok, 2 usage or configuration, 3 blocked by a prerequisite, 4 validation failed, 5 breached,
    6 unknown, 70 internal error or stdout did not take the result.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code. Wrong input is told on stderr as it is written, without a trace."""
    guard_process()
    try:
        typer.main.get_command(app).main(arguments, prog_name="golive")
    except SystemExit as ended:
        if isinstance(ended.code, str):
            raise
        return ended.code or 0
    except (ConfigError, StrategyError) as error:
        _tell(error)
        return ExitCode.USAGE
    except PrerequisiteMissing as error:
        _tell(error)
        return ExitCode.BLOCKED
    except ValidationFailed as error:
        _tell(error)
        return ExitCode.VALIDATION_FAILED
    except KeyboardInterrupt:
        typer.echo("stopped before a session had begun", err=True)
        return ExitCode.UNKNOWN
    except GoliveError as error:
        _tell(f"error: {error}")
        return ExitCode.INTERNAL
    except ModuleNotFoundError as error:
        if (error.name or "golive").partition(".")[0] in ("golive", "simvenue"):
            _tell(traceback.format_exc())
            return ExitCode.INTERNAL
        _tell(f"{error.name} is not installed; put the pinned packages back: make -B setup")
        return ExitCode.BLOCKED
    except Exception:  # noqa: BLE001 (the outermost frame: the trace is shown and the exit code says internal error)
        _tell(traceback.format_exc())
        return ExitCode.INTERNAL
    return 0


def _tell(what: object) -> None:
    """Say on stderr what went wrong, without any secret that this process holds or that is named like one."""
    names_keys = isinstance(what, ConfigError) and what.is_redacted
    typer.echo(without_secrets(str(what)) if names_keys else redacted(str(what)), err=True)


if __name__ == "__main__":
    sys.exit(main())
