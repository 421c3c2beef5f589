"""`golive secrets set | list | rotate | rotation | remove | export | import | passphrase`: the keyring or the vault.

What is secret comes from the terminal, unseen, or as lines of standard input; never an argument, never a variable.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from golive.model.verdict import ExitCode

from .command_app import command_group
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, Location, locate
from .passphrase import (
    PassphraseDescriptor,
    VaultPassphrase,
    asked_passphrase,
    asked_secret,
    new_passphrase,
)
from .telling import tell

if TYPE_CHECKING:
    from golive.config.configuration import Configuration
    from golive.model.secret import StoredSecret
    from golive.runtime.secret_admin import SecretAdmin
    from golive.runtime.secret_use import SecretUse

app = command_group("Keep API keys and alert URLs in the keyring or an encrypted vault, and rotate keys.")

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="A keychain_key of an environment, or the url_secret of an alert channel.")
]
KindOption = Annotated[
    str | None,
    typer.Option(
        "--environment", metavar="TYPE", help="paper, testnet or live; needed when environments of several types use the key."
    ),
]
PermissionOption = Annotated[
    list[str] | None,
    typer.Option("--permission", metavar="NAME", help="What the key is allowed. Default: what its environments require."),
]
ByOption = Annotated[
    str | None,
    typer.Option(
        "--operator", metavar="NAME", help="Who does it: role secops, once anybody has it. Its passphrase is asked for first."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


@app.command("set")
def set_secret(
    name: NameArgument,
    environment: KindOption = None,
    permission: PermissionOption = None,
    passphrase_fd: PassphraseDescriptor = None,
    operator: ByOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Keep a secret, in place of one of that name: key id, secret and passphrase of a key, or the URL of an alert channel.

    They are asked for, or are one line each of standard input, in this order. The venue is not asked: that is `rotate`.
    Exit 0, 2 usage, 3 the store cannot be used or somebody of role secops must agree, 70 the store or the log cannot be written.
    """
    where = locate(config, home)
    configuration = _configuration(where)
    use = _use(configuration, name)
    admin = _admin(where, operator, passphrase_fd)
    admin.demand_consent()
    admin.unlock()
    stored = _asked(use, environment, permission)
    _say(f"{name} is kept in the {admin.put(name, stored)}{_hint(use)}")


@app.command("list")
def list_secrets(
    as_json: JsonOption = False,
    passphrase_fd: PassphraseDescriptor = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """List what is kept: of a key at most the last four characters of its id, never a secret. Exit 0, 2, 3 as `set`, 70."""
    from golive.runtime.secret_list import document, listed

    where = locate(config, home)
    found = listed(_admin(where, None, passphrase_fd).store, where.home)
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(document(found), indent=2) + "\n")
            return
        for each in found.secrets:
            what = f"{each.key_id:<6} {each.environment:<8} {', '.join(each.permissions)}" if each.key_id else "text"
            stdout.write(f"{each.name:<32}  {what}\n")
        stdout.write(f"{len(found.secrets)} in the {found.store}\n" if found.secrets else "no secrets: golive secrets set NAME\n")


@app.command()
def rotate(
    name: NameArgument,
    ip: Annotated[
        list[str] | None,
        typer.Option("--ip", metavar="ADDRESS", help="An address the venue lets the key be used from; give each of them."),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option("--env", metavar="NAME", help="The one environment to rotate for. Default: each that uses it."),
    ] = None,
    environment: KindOption = None,
    permission: PermissionOption = None,
    passphrase_fd: PassphraseDescriptor = None,
    operator: ByOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Replace a key: ask the venue with the new one, keep it, write the register of rotations. Also for a first key.

    The new key id, secret and passphrase are asked for, or are one line each of standard input. Nothing changes unless the venue
    answers a private read with the new key and tells the permissions that are required, none that is forbidden, and, with
    --ip, exactly that allow-list where it tells one. A key that was rotated to before is refused: its 90 days have begun.
    Exit 0, 2 usage or no new key, 3 as `set`, 4 the venue refuses the key, its permissions or its allow-list, 6 no answer, 70.
    """
    from golive.model.errors import AuthenticationFailed, VenueError
    from golive.runtime.clock import SystemClock
    from golive.runtime.failure import ValidationFailed
    from golive.runtime.key_rotation import KeyRotator, register_path
    from golive.security.rotation import checked_addresses

    where = locate(config, home)
    configuration = _configuration(where)
    use = _use(configuration, name)
    checked_addresses(ip or ())
    admin = _admin(where, operator, passphrase_fd)
    rotator = KeyRotator(configuration=configuration, admin=admin, clock=SystemClock(), environment=only)
    rotator.demand_ready(use, environment)
    admin.unlock()
    new = _asked(use, environment, permission)
    try:
        done = rotator.rotate(use, new, ip or ())
    except AuthenticationFailed as exc:
        raise ValidationFailed(f"the venue refuses the new key of {name}: {exc}; nothing was changed") from exc
    except VenueError as exc:
        tell(f"the venue could not be asked with the new key of {name}: {exc}; nothing was changed")
        raise typer.Exit(ExitCode.UNKNOWN) from exc
    lines = [f"{name} is rotated: {new.shown_id} is kept in the {done.store}; the venue tells {', '.join(done.permissions)}"]
    lines += [f"{register_path(configuration, where.home, each)} says so" for each in done.rotations]
    if done.addresses is None and not ip:
        lines.append("the venue tells no IP allow-list, and none was given with --ip: the register says none")
    elif not (done.addresses or ip):
        lines.append("the key may be used from anywhere: make one that is bound to this machine's address, and rotate to that")
    if any(each.old_key_fingerprint for each in done.rotations.values()):
        lines.append("end the sessions that began with the old key, then delete it at the venue")
    _say("\n".join(lines))


@app.command()
def rotation(as_json: JsonOption = False, config: ConfigOption = DEFAULT_CONFIG, home: HomeOption = None) -> None:
    """Show when the key of each environment was rotated and when it is due: within 90 days, told from 14 days before.

    Exit 0 all in order or not applicable, 3 a key was never rotated, is overdue, was not probed, or its register cannot be
    read, 6 the store cannot be asked, 2 usage or configuration.
    """
    from golive.runtime.clock import SystemClock
    from golive.runtime.rotation import document, rotation_report
    from golive.runtime.secret_store import StoredSecrets

    where = locate(config, home)
    report = rotation_report(_configuration(where), where.home, StoredSecrets(where.home), SystemClock().now())
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(document(report), indent=2) + "\n")
        else:
            from .rotation_table import print_rotation

            print_rotation(report, stdout)
    raise typer.Exit(report.exit_code)


@app.command()
def remove(
    name: NameArgument,
    passphrase_fd: PassphraseDescriptor = None,
    operator: ByOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Remove a secret; what was recorded of it stays. Exit 0, 2 there is none of that name, 3 as `set`, 70."""
    store = _admin(locate(config, home), operator, passphrase_fd).remove(name)
    _say(f"{name} removed from the {store}")


@app.command()
def export(
    age: Annotated[str, typer.Option("--age", metavar="RECIPIENT", help="Who can read it: an age recipient, age1….")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Default: secrets/export_<stamp>.age, relative to home.")
    ] = None,
    passphrase_fd: PassphraseDescriptor = None,
    operator: ByOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Write every secret to one file that only the holder of the age identity can read. Exit 0, 2, 3 as `set`, 70."""
    from golive.model.clock import stamp
    from golive.runtime.clock import SystemClock

    where = locate(config, home)
    path = out or where.home / f"secrets/export_{stamp(SystemClock().now())}.age"
    names = _admin(where, operator, passphrase_fd).export(age, path)
    _say(f"{path}: {', '.join(names)}; age --decrypt --identity FILE reads it")


@app.command("import")
def import_export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What golive secrets export wrote.")],
    identity: Annotated[
        Path, typer.Option("--age-identity", metavar="FILE", help="The age identity that opens it: a file of mode 0600.")
    ],
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="Import this one; give each of them. Default: all.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Put them in place of other secrets of their names.")] = False,
    passphrase_fd: PassphraseDescriptor = None,
    operator: ByOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Keep the secrets of an export, all of them or none. The venue is not asked.

    Refused, and then nothing is imported: a name that the configuration does not use, a key for another type of environment than
    those that use it, and, without --replace, a name under which another secret is kept.
    Exit 0, 2 no export or identity, 3 as `set`, the export does not open, or something of it is refused, 70.
    """
    from golive.runtime.secret_import import import_secrets
    from golive.security.age_import import read_export

    where = locate(config, home)
    configuration = _configuration(where)
    admin = _admin(where, operator, passphrase_fd)
    admin.demand_consent()
    found = import_secrets(admin, configuration, read_export(file, identity), file, only=only or (), replaces=replace)
    lines = [f"{name} {'replaced' if name in found.replaced else 'kept'} in the {found.store}" for name in found.kept]
    lines += [f"{name} was there already" for name in found.same]
    _say("\n".join(lines))


@app.command()
def passphrase(
    passphrase_fd: PassphraseDescriptor = None,
    operator: ByOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Change the passphrase of the vault: all of it is sealed anew, and the old one opens it no more.

    The new one is asked for after the old one, or is the next line of standard input. Whoever holds an older copy of the file
    still opens that with the old one. Exit 0, 2 a passphrase that cannot be one, or is the old one, 3 as `set`, or no vault, 70.
    """
    admin = _admin(locate(config, home), operator, passphrase_fd)
    names = admin.change_passphrase(lambda: new_passphrase("the vault"))
    kept = f"{len(names)} secret{'' if len(names) == 1 else 's'}"
    _say(
        f"the vault of {kept} has another passphrase; change systemd's credential golive-vault, and start anew the sessions that "
        "were given the old one"
    )


def _configuration(where: Location) -> Configuration:
    from golive.storage.config_files import load_configuration

    return load_configuration(where.runtime_file, os.environ)


def _use(configuration: Configuration, name: str) -> SecretUse:
    from golive.runtime.secret_use import use_of

    return use_of(configuration, name)


def _admin(where: Location, operator: str | None, descriptor: int | None) -> SecretAdmin:
    """Return what the named person may do; the passphrase of the vault is asked for when it is needed."""
    from golive.config.rbac import Act
    from golive.runtime.clock import SystemClock
    from golive.runtime.operators import authorised
    from golive.runtime.secret_admin import SecretAdmin

    by = None if operator is None else authorised(where.home, operator, asked_passphrase(operator), Act.SECRETS_MANAGE)
    passphrase = VaultPassphrase(descriptor, os.environ)
    return SecretAdmin.of_home(where.home, SystemClock(), by=by, passphrase=passphrase.given, new_passphrase=passphrase.new)


def _asked(use: SecretUse, kind: str | None, permissions: list[str] | None) -> StoredSecret:
    from golive.runtime.secret_use import kind_of, new_key, new_text

    if not use.is_key:
        return new_text(asked_secret(f"URL of {', '.join(use.channels)}"))
    kind = kind_of(use, kind)
    asked = [
        asked_secret(f"{what} of {use.name}") for what in ("key id", "secret", *(["passphrase"] if use.has_passphrase else []))
    ]
    return new_key(use, asked, kind, permissions or ())


def _hint(use: SecretUse) -> str:
    if use.is_key and not use.is_sent:
        return "; nothing uses it yet: endpoint embedded makes its keys itself"
    return f"; golive secrets rotate {use.name} asks the venue with it and begins its 90 days" if use.is_key else ""


def _say(text: str) -> None:
    with delivered() as stdout:
        stdout.write(text + "\n")
