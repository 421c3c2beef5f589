"""`golive signoff key | add | list | check | revoke`: named people sign what a machine cannot measure."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .command_app import command_group
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, Location, locate
from .passphrase import OperatorOption, asked_passphrase
from .telling import tell

if TYPE_CHECKING:
    from golive.config.configuration import Configuration
    from golive.model.json import JsonObject
    from golive.readiness.finding import Finding

app = command_group("Sign off an entrypoint for live; list, check and revoke sign-offs.")

EntrypointOption = Annotated[str, typer.Option("--entrypoint", metavar="NAME", help="The entrypoint it is about.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


@app.command()
def key(operator: OperatorOption, config: ConfigOption = DEFAULT_CONFIG, home: HomeOption = None) -> None:
    """Make a signing key for oneself and enter it into the register, with the roles one may sign as.

    An earlier key ends: what was signed with it has to be signed again. Exit 0, 2, 3 not proved or no role that signs, 70.
    """
    from golive.config.rbac import Act
    from golive.runtime.clock import SystemClock
    from golive.runtime.operators import authorised
    from golive.runtime.sign_offs import make_key

    place = locate(config, home).home
    passphrase = asked_passphrase(operator)
    entry = make_key(place, authorised(place, operator, passphrase, Act.SIGNOFF_SIGN), passphrase, SystemClock())
    assert entry.signing is not None
    _say(f"signing key of {entry.name}: {entry.signing.public}")


@app.command()
def add(
    entrypoint: EntrypointOption,
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="As what you sign: compliance, security, risk, sre, …")],
    operator: OperatorOption,
    document: Annotated[Path, typer.Option("--document", metavar="FILE", help="What you read; it is archived with its digest.")],
    expires: Annotated[str, typer.Option("--expires", metavar="DATE", help="Until when it holds, UTC; at most 366 days ahead.")],
    scope: Annotated[
        str | None, typer.Option("--scope", metavar="CHECK:NAME", help="What is signed, for a role without a check of its own.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Put it into core.yaml, in place of one of the same role and scope.")
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Sign, enter it into the register, and print the entry for core.yaml on stdout.

    Exit 0, 2 usage, 3 the person is not proved or does not hold the role, 70 register or log cannot be used.
    """
    from golive.config.rbac import Act, SignOff
    from golive.config.signoff_edit import entry_text
    from golive.model.errors import ConfigError
    from golive.runtime.clock import SystemClock
    from golive.runtime.operators import authorised
    from golive.runtime.sign_offs import check_writable, moment, scope_of, sign_off, write_sign_off

    where = locate(config, home)
    if role not in set(SignOff):
        raise ConfigError(f"--role {role!r:.40}: write one of {', '.join(SignOff)}")
    end, about = moment(expires), scope_of(_configuration(where), entrypoint, SignOff(role), scope)
    if write:
        check_writable(where.runtime_file, entrypoint)
    passphrase = asked_passphrase(operator)
    by = authorised(where.home, operator, passphrase, Act.SIGNOFF_SIGN)
    signed = sign_off(
        where.home, by, passphrase, role=SignOff(role), scope=about, document=document, expires=end, clock=SystemClock()
    )
    _say(entry_text(signed._asdict()))
    if write:
        tell(f"written to {write_sign_off(where.runtime_file, entrypoint, signed)}")
    else:
        tell(f"not in the configuration yet: put it into runtime_entrypoints.{entrypoint}.compliance.signoffs of core.yaml")


@app.command("list")
def list_sign_offs(as_json: JsonOption = False, config: ConfigOption = DEFAULT_CONFIG, home: HomeOption = None) -> None:
    """List every sign-off of the register, with what became of it. Exit 0, 2, 70 the register cannot be believed."""
    from golive.model.clock import from_iso
    from golive.readiness.compliance_document import list_document
    from golive.runtime.clock import SystemClock
    from golive.runtime.sign_offs import known_register

    where = locate(config, home)
    register, now = known_register(where.home), SystemClock().now()
    sections = _configuration(where).core.runtime_entrypoints.values()
    configured = {row.signature for section in sections for row in section.compliance.signoffs}
    rows: list[JsonObject] = []
    for signed in register.given.values():
        state = (
            "expired"
            if from_iso(signed.expires_at) <= now
            else "configured"
            if signed.signature in configured
            else "not configured"
        )
        state = "revoked" if signed.id in register.revoked else state
        rows.append({"id": signed.id, **signed._asdict(), "state": state, "revoked_because": register.revoked.get(signed.id)})
    if as_json:
        _say(json.dumps(list_document(rows), indent=2))
        return
    lines = [
        f"{r['id']}  {r['role']:<10}  {r['person']:<20}  until {r['expires_at']}  {r['state']:<14}  {r['scope']}" for r in rows
    ]
    _say("\n".join(lines or ["no sign-offs yet: golive signoff add"]))


@app.command()
def check(
    entrypoint: EntrypointOption, as_json: JsonOption = False, config: ConfigOption = DEFAULT_CONFIG, home: HomeOption = None
) -> None:
    """Judge the sign-offs of an entrypoint: kyc_aml_signoff, and the sign-off of risk_limits.

    Exit 0 both hold, 2, 3 blocked, 6 unknown.
    """
    from golive.model.verdict import ExitCode
    from golive.readiness.checks.kyc_aml_signoff import kyc_aml_signoff
    from golive.readiness.checks.risk_signoff import risk_signoff
    from golive.readiness.compliance_document import check_document
    from golive.readiness.finding import Status, overall
    from golive.runtime.clock import SystemClock
    from golive.runtime.readiness.compliance import compliance_evidence

    where = locate(config, home)
    evidence = compliance_evidence(_configuration(where), where.home, entrypoint, SystemClock().now())
    findings = (kyc_aml_signoff(evidence), risk_signoff(evidence))
    _say(json.dumps(check_document(entrypoint, findings), indent=2) if as_json else "\n".join(_lines(findings)))
    codes = {Status.BLOCKED: ExitCode.BLOCKED, Status.UNKNOWN: ExitCode.UNKNOWN}
    raise typer.Exit(codes.get(overall(findings), ExitCode.OK))


@app.command()
def revoke(
    sign_off_id: Annotated[str, typer.Argument(metavar="ID", help="As golive signoff list shows it.")],
    operator: OperatorOption,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it stands in the register.")],
    write: Annotated[bool, typer.Option("--write", help="Take it out of core.yaml, too.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Withdraw a sign-off for good: one's own, or anybody's with role compliance. Exit 0, 2 no such one, 3, 70."""
    from golive.runtime.clock import SystemClock
    from golive.runtime.operators import authenticate
    from golive.runtime.sign_offs import remove_sign_off, revoke

    where = locate(config, home)
    by = authenticate(where.home, operator, asked_passphrase(operator), purpose="signoff.revoke")
    signed = revoke(where.home, by, sign_off_id, reason, SystemClock())
    _say(f"revoked: {sign_off_id} of {signed.person} as {signed.role} for {signed.scope}")
    if write:
        tell(f"taken out of {remove_sign_off(where.runtime_file, signed)}")


def _configuration(where: Location) -> Configuration:
    from golive.storage.config_files import load_configuration

    return load_configuration(where.runtime_file, os.environ)


def _lines(findings: tuple[Finding, ...]) -> list[str]:
    lines = []
    for each in findings:
        lines.append(f"{each.id:<18}  {each.status}")
        lines += [f"    {reason}" for reason in each.reasons]
        lines += [f"    next: {each.next_command}"] if each.next_command else []
    return lines


def _say(text: str) -> None:
    with delivered() as stdout:
        stdout.write(text + "\n")
