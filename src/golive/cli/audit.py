"""`golive audit verify` and `collect`: say whether journals, seals and the stores of sessions and orders are what was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from golive.model.errors import ConfigError, JournalError
from golive.model.verdict import ExitCode

from .audit_bundle import bundle
from .audit_findings import NOT_AS_IT_SHOULD_BE, SHOWN, configured, exit_code, named_file, told
from .audit_follow import follow
from .audit_show import show
from .audit_steps import judged_log
from .command_app import command_group
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate
from .telling import tell
from .terminal import clean

if TYPE_CHECKING:
    from golive.storage.verified import VerificationKeys

app = command_group("Verify, show, follow and hand over journals and registers.")
app.command()(show)
app.command()(follow)
app.command()(bundle)


@app.callback()
def audit() -> None:
    """Verify, show, follow and hand over journals and registers."""


@app.command()
def verify(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Journals (.jsonl), session stores and order journals (.sqlite)."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every journal and store of the installation.")] = False,
    entrypoint: Annotated[
        str | None,
        typer.Option("--entrypoint", metavar="NAME", help="Also the steps before live trading of it, by the rule of its gate."),
    ] = None,
    home: HomeOption = None,
    public_key: Annotated[
        Path | None,
        typer.Option("--public-key", metavar="FILE", help="Verify seals with this published key only, as a stranger would."),
    ] = None,
    first_key: Annotated[
        Path | None,
        typer.Option("--first-key", metavar="FILE", help="Check every MAC by the sealed first key, as an auditor would."),
    ] = None,
    seals: Annotated[
        list[Path] | None,
        typer.Option("--seals", metavar="DIR", help="Seals that `golive audit collect` took away; repeatable."),
    ] = None,
    risk_log: Annotated[
        Path | None,
        typer.Option("--risk-log", metavar="FILE", help="The risk decision log. Default: the configured one."),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Check bytes, chain, MACs and seals, and that journals agree with the stores they were made from.

    With --entrypoint the log of live orders also needs the steps before live trading of it: one that is missing, did not end ok
    or whose file was changed is 1, one that only a running read-only session brings 6.

    Of live orders also: every end stands in the decision log once, no order took longer than latency_alert_threshold_ms, every
    operator is known. Without a configuration the bound is 350 ms and order journals are files.

    Exit 0 clean, 1 tampered or out of bounds, 6 cannot say (torn tail, missing key or seal, unreadable, nothing to verify),
    70 stdout did not take the result.
    """
    from golive.storage.log_series import LIVE_LOG
    from golive.storage.verification import Verifier

    if (bool(paths) and everything) or not (paths or everything or entrypoint):
        raise ConfigError("give the files to verify, or --all")
    where = locate(config, home)
    place = where.home
    bounds, configured_log, alerts = configured(where)
    try:
        keys = _keys(place, public_key, first_key, seals or ())
        verifier = Verifier(place, keys, risk_log or configured_log, bounds, alerts)
        given = paths or ([place / LIVE_LOG] if entrypoint else [])
        results = verifier.everything() if everything else [verifier.one(named_file(path, place)) for path in given]
        steps = None if entrypoint is None else judged_log(where, entrypoint)
    except JournalError as exc:
        tell(f"cannot say: {exc}")
        raise typer.Exit(ExitCode.UNKNOWN) from exc
    if not results:
        tell(f"cannot say: no journal and no session store under {place}")
        raise typer.Exit(ExitCode.UNKNOWN)
    with delivered():
        for result in results:
            typer.echo(told(result, place))
        if steps is not None:
            typer.echo("\n".join(steps.lines))
    raise typer.Exit(exit_code({*(result.soundness for result in results), *([] if steps is None else [steps.soundness])}))


@app.command()
def collect(
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="A folder that the installation's user cannot write.")],
    home: HomeOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Take every new seal to a place out of this installation's reach, after each log agreed with what was taken of it before.

    Run it as another user, or on another host that mounts the installation read-only, every few minutes; `golive audit verify
    --all --seals DIR` then finds what was rolled back as a whole. The first run takes the public keys, too: later seals must be
    of them.

    Exit 0 all taken, 1 a log was rolled back, rewritten or removed: nothing more is taken of it, 2 usage, 6 cannot say (a log or
    the folder cannot be read or written, or there is no key yet).
    """
    from golive.audit import Soundness
    from golive.storage.seal_collection import collect as collected
    from golive.storage.seal_collection import collection_keys
    from golive.storage.verification import Verifier

    where = locate(config, home)
    bounds, risk_log, alerts = configured(where)
    try:
        keys = collection_keys(where.home, to)
        logs = collected(where.home, to, Verifier(where.home, keys, risk_log, bounds, alerts).sealed_logs(), keys)
    except JournalError as exc:
        tell(f"cannot say: {exc}")
        raise typer.Exit(ExitCode.UNKNOWN) from exc
    with delivered():
        for log in logs:
            sealed = "not sealed" if log.sealed_seq is None else f"sealed up to seq {log.sealed_seq}"
            typer.echo(f"{log.soundness.replace('_', ' '):<13} {clean(log.name)} ({log.taken} seals taken, {sealed})")
            for fault in log.faults[:SHOWN]:
                typer.echo(f"              {clean(str(fault))}")
    kinds = {log.soundness for log in logs}
    if Soundness.TAMPERED in kinds:
        raise typer.Exit(NOT_AS_IT_SHOULD_BE)
    raise typer.Exit(ExitCode.OK if kinds <= {Soundness.CLEAN} and logs else ExitCode.UNKNOWN)


def _keys(home: Path, public_key: Path | None, first_key: Path | None, seals: Sequence[Path]) -> VerificationKeys:
    from golive.audit.ratchet import FirstKey
    from golive.storage.key_file import load_key
    from golive.storage.verified import VerificationKeys

    keys = VerificationKeys.of_home(home) if public_key is None else VerificationKeys.public(public_key)
    for place in seals:
        if not place.is_dir():
            raise ConfigError(f"--seals: {place} is no folder")
    return replace(keys, mac=keys.mac if first_key is None else FirstKey(load_key(first_key)), outside=tuple(seals))
