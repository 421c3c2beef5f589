"""`golive compliance document add | list`: what exchanges and their keys are documented by, archived with digests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .command_app import command_group
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate
from .passphrase import OperatorOption, asked_passphrase

app = command_group("Archive the documents of exchanges: KYC, KYB, offline access to keys.")
document = command_group("Add and list archived documents.")
app.add_typer(document, name="document")


@document.command()
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The document; a copy of it is archived.")],
    exchange: Annotated[str, typer.Option("--exchange", metavar="LABEL", help="okx, kraken or bybit.")],
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help="kyc, kyb or offline_access.")],
    operator: OperatorOption,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Archive a document of an exchange and enter it into the register; takes role compliance. Exit 0, 2, 3, 70."""
    from golive.config.adapter_table import KNOWN_LABELS
    from golive.config.rbac import Act
    from golive.model.errors import ConfigError
    from golive.readiness.compliance_register import DocumentKind
    from golive.runtime.clock import SystemClock
    from golive.runtime.operators import authorised
    from golive.runtime.sign_offs import archive_document

    kinds = [str(each) for each in DocumentKind if each is not DocumentKind.SIGNED]
    if kind not in kinds:
        raise ConfigError(f"--kind {kind!r:.40}: write one of {', '.join(kinds)}")
    if exchange not in KNOWN_LABELS:
        raise ConfigError(f"--exchange {exchange!r:.40}: write one of {', '.join(KNOWN_LABELS)}")
    place = locate(config, home).home
    by = authorised(place, operator, asked_passphrase(operator), Act.COMPLIANCE_RECORD)
    kept = archive_document(place, by, file, DocumentKind(kind), exchange, SystemClock())
    with delivered() as stdout:
        stdout.write(f"{kept.path}\nsha256 {kept.sha256}\n")


@document.command("list")
def list_documents(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """List the documents of the register and whether each still is what was archived.

    Exit 0, 2, 3 one is missing or was changed, 6 one cannot be read, 70 the register cannot be believed.
    """
    from golive.model.verdict import ExitCode
    from golive.readiness.compliance_document import documents_document
    from golive.runtime.readiness.compliance import document_states

    rows = document_states(locate(config, home).home)
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(documents_document(rows), indent=2) + "\n")
        else:
            lines = [
                f"{r['state']:<10}  {r['exchange'] or '-':<8}  {r['kind']:<14}  {r['sha256'][:16]}  {r['path']}" for r in rows
            ]
            stdout.write("\n".join(lines or ["no documents yet: golive compliance document add"]) + "\n")
    states = {row["state"] for row in rows}
    if states & {"missing", "changed"}:
        raise typer.Exit(ExitCode.BLOCKED)
    raise typer.Exit(ExitCode.UNKNOWN if "unreadable" in states else ExitCode.OK)
