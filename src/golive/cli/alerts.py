"""`golive alerts list | ack | deliver | selftest`: what was told to whom, who has seen it, and whether the channels work."""

from __future__ import annotations

import json
import os
from typing import Annotated, Final

import typer

from golive.model.errors import ConfigError
from golive.model.verdict import ExitCode
from golive.observability.wording import Language

from .command_app import command_group
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, LanguageOption, locate
from .passphrase import OperatorOption, PassphraseDescriptor, asked_passphrase, stored_secrets
from .telling import tell

CRITICAL: Final = "critical"

app = command_group("List alerts, acknowledge critical ones, deliver what waits, and test the channels.")
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


@app.command("list")
def list_alerts(
    unacknowledged: Annotated[
        bool, typer.Option("--unacknowledged", help="Only critical alerts that nobody has acknowledged.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=100_000, help="As many of the newest.")] = 50,
    lang: LanguageOption = Language.EN,
    as_json: JsonOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """List the newest alerts of this host: how far each channel has got, and which must be acknowledged by when.

    Exit codes: 0 listed; 2 usage, or nothing of the project is there; 70 the outbox cannot be read.
    """
    from golive.runtime.alerts.list import alert_list, list_document
    from golive.storage.alert_story import alert_stories

    where = locate(config, home)
    found = alert_list(alert_stories(where.home, limit, unacknowledged=unacknowledged))
    if not found.alerts and not where.runtime_file.exists():
        raise ConfigError(f"{where.runtime_file}: there is no such file; give the project's directory with --home")
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(list_document(found), indent=2, ensure_ascii=False) + "\n")
        else:
            from .alert_table import alert_lines

            stdout.writelines(f"{line}\n" for line in alert_lines(found, lang))


@app.command()
def ack(
    alert: Annotated[list[str] | None, typer.Argument(metavar="[ALERT]...", help="Alert ids, or their beginnings.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every critical alert that waits for it.")] = False,
    operator: OperatorOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Say that you have seen critical alerts; takes role operator. One that nobody has seen in time switches emergency mode on.

    Exit codes: 0 acknowledged; 3 not proved or not of such a role; 2 usage, or no such alert waits; 70 a file cannot be used.
    """
    from golive.config.rbac import Act
    from golive.runtime.alerts.acknowledge import acknowledge
    from golive.runtime.clock import SystemClock
    from golive.runtime.operators import authorised

    if bool(alert) == everything:
        raise ConfigError("give the ids of alerts, or --all")
    place = locate(config, home).home
    who = authorised(place, operator, asked_passphrase(operator), Act.ALERT_ACKNOWLEDGE)
    done = acknowledge(place, alert or (), who, SystemClock())
    with delivered() as stdout:
        stdout.writelines(f"{alert_id}: acknowledged by {who.name}\n" for alert_id in done)
        if not done:
            stdout.write("no alert waits for it\n")


@app.command()
def deliver(
    wait: Annotated[float, typer.Option("--wait", metavar="SECONDS", min=0, max=3600, help="How long channels may take.")] = 30.0,
    passphrase_fd: PassphraseDescriptor = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Deliver what waits in the outbox, as a running session does; for after a crash, or when nothing runs.

    As there, a critical alert that nobody acknowledged in time switches auto-trade off and emergency mode on.

    Exit codes: 0 everything is delivered and audited; 6 something waits still, or the outbox cannot be used (told on stderr); 2
    usage or configuration.
    """
    from golive.metrics.recorder import MemoryRecorder
    from golive.runtime.alerts.delivery import AlertDelivery
    from golive.runtime.clock import SystemClock
    from golive.storage.config_files import load_configuration

    where = locate(config, home)
    configuration = load_configuration(where.runtime_file, os.environ)
    delivery = AlertDelivery(
        where.home, configuration, MemoryRecorder(), SystemClock(), secrets=stored_secrets(where.home, passphrase_fd)
    )
    try:
        left = delivery.deliver_all(wait)
    finally:
        delivery.close(0)
    if left:
        tell(f"not delivered: {left}")
        raise typer.Exit(ExitCode.UNKNOWN)
    with delivered() as stdout:
        stdout.write("everything is delivered\n")


@app.command()
def selftest(
    severity: Annotated[str, typer.Option("--severity", metavar="critical", help="Which alerts are tested.")] = CRITICAL,
    wait: Annotated[float, typer.Option("--wait", metavar="SECONDS", min=1, max=3600, help="How long channels may take.")] = 30.0,
    passphrase_fd: PassphraseDescriptor = None,
    as_json: JsonOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Send a nonce to each critical channel, wait for the audit's rows, and write var/audit/alerts/selftest_<stamp>.json.

    It also fails when an alert of a critical category was suppressed in the last 24 hours.

    Exit codes: 0 every critical channel took it and nothing was suppressed; 3 no channel is critical; 4 a channel failed, or
    something was suppressed, or an environment would suppress critical alerts; 6 the audit said nothing in time, or is not sound;
    2 usage or configuration; 70 outbox or evidence cannot be written, as on a full disk.
    """
    from golive.runtime.alerts.selftest import selftest as run_selftest
    from golive.runtime.alerts.selftest import selftest_document
    from golive.runtime.clock import SystemClock
    from golive.runtime.identity import operator_identity
    from golive.storage.config_files import load_configuration

    if severity != CRITICAL:
        raise ConfigError(f"--severity {severity}: only critical alerts are tested; give --severity {CRITICAL}")
    where = locate(config, home)
    configuration = load_configuration(where.runtime_file, os.environ)
    secrets = stored_secrets(where.home, passphrase_fd)
    found, path = run_selftest(where.home, configuration, SystemClock(), operator_identity(), wait_s=wait, store=secrets)
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(selftest_document(found), indent=2, ensure_ascii=False) + "\n")
        else:
            from .alert_table import selftest_lines

            stdout.writelines(f"{line}\n" for line in selftest_lines(found))
            stdout.write(f"evidence: {path.relative_to(where.home)}\n")
    raise typer.Exit(found.exit_code)
