"""Freezing a configuration: what `golive freeze` archives and signs, and whether an archive still is what was signed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.audit.signed_document import DocumentError, decode_signed_document, encode_signed_document
from golive.config.configuration import execution_section, parse_configuration
from golive.config.digest import FileDigest
from golive.config.rbac import Act
from golive.model.clock import Clock, to_iso
from golive.model.errors import ConfigError
from golive.model.json import JsonObject
from golive.model.secret import Secret
from golive.storage.config_files import read_configuration_files
from golive.storage.freeze_archive import DIRECTORY, FILES, FreezeArchive, RegisteredFreeze
from golive.storage.keys import SigningKeys

from .clock import SystemClock
from .code_version import code_version
from .host_signer import host_signer
from .operators import authorised, record_act

SCHEMA: Final = "golive.freeze.v1"
DOCUMENT: Final = "freeze.json"
_SUMS: Final = ("core.yaml", "runtime.yaml", "execution.json", "execution.sha384")


@dataclass(frozen=True, slots=True)
class Freeze:
    """A freeze that was made, or read back from its archive."""

    stamp: str
    folder: Path
    frozen_at: str
    person: str
    digest: FileDigest


def freeze(
    home: Path, runtime_file: Path, environ: Mapping[str, str], person: str, passphrase: Secret, *, clock: Clock | None = None
) -> Freeze:
    """Archive both files as they stand and sign them in the name of `person`, who may `config.freeze`.

    Raises ConfigError for a configuration with problems or overrides, PrerequisiteMissing for somebody who may not, JournalError
    when it cannot be written or the register is not sound; then nothing is frozen.
    """
    clock = clock or SystemClock()
    runtime, core = read_configuration_files(runtime_file, environ)
    configuration = parse_configuration(runtime, core, environ)
    if configuration.overrides:
        variables = ", ".join(each.variable for each in configuration.overrides)
        raise ConfigError(f"the files alone are frozen; unset {variables}")
    identity = authorised(home, person, passphrase, Act.CONFIG_FREEZE, clock=clock)
    signer = host_signer(home, clock, identity.name)
    at = to_iso(clock.now())
    stamp = _stamp(at)
    execution, digest = execution_section(core), configuration.file_digest
    files = {"core.yaml": core.data, "runtime.yaml": runtime.data, "execution.json": execution}
    files["execution.sha384"] = f"{digest.execution_sha384}  execution.json\n".encode()
    files["SHA256SUMS"] = "".join(f"{_sha256(files[name])}  {name}\n" for name in _SUMS).encode()
    keys = signer.keys
    body: JsonObject = {
        "schema": SCHEMA, "stamp": stamp, "frozen_at": at, "person": identity.name, "roles": sorted(identity.roles),
        "code_version": code_version(), "key_class": str(keys.key_class), **digest.as_json(),
        "files": {name: _sha256(data) for name, data in sorted(files.items())},
    }  # fmt: skip
    files[DOCUMENT] = encode_signed_document(body, keys.seal_key_id, keys.sign)
    record: JsonObject = {
        "stamp": stamp, "frozen_at": at, "person": identity.name, "freeze_sha256": _sha256(files[DOCUMENT]), **digest.as_json(),
    }  # fmt: skip
    archive = FreezeArchive(home)
    archive.registered(keys)
    record_act(home, "configuration_freeze", record, identity.name, clock=clock)
    archive.add(signer, stamp, files, record)
    return Freeze(stamp, DIRECTORY / stamp, at, identity.name, digest)


def examined(home: Path, registered: RegisteredFreeze, keys: SigningKeys) -> tuple[Freeze | None, tuple[str, ...]]:
    """Return the freeze that the register names and what is wrong with its archive; None when it cannot be believed."""
    archive, where = FreezeArchive(home), DIRECTORY / registered.stamp
    files = archive.files(registered.stamp)
    faults = [f"{where / name}: is missing or cannot be read" for name in FILES if name not in files]
    faults += [f"{where / name}: does not belong to the freeze" for name in archive.strangers(registered.stamp)]
    document = files.get(DOCUMENT)
    if document is None:
        return None, tuple(faults)
    if _sha256(document) != registered.freeze_sha256:
        return None, (*faults, f"{where / DOCUMENT}: is not the one that the register has")
    try:
        body = decode_signed_document(document, SCHEMA, keys.seal_keys)
    except DocumentError as exc:
        return None, (*faults, f"{where / DOCUMENT}: {exc}")
    signed = body["files"]
    assert isinstance(signed, dict), "it is what we signed"
    changed = [name for name, data in files.items() if name != DOCUMENT and signed.get(name) != _sha256(data)]
    faults += [f"{where / name}: is not what was frozen" for name in changed]
    digest = FileDigest(str(body["runtime_sha256"]), str(body["core_sha256"]), str(body["execution_sha384"]))
    return Freeze(registered.stamp, where, registered.frozen_at, registered.person, digest), tuple(faults)


def _stamp(at: str) -> str:
    """Return a time as a folder's name, to the millisecond: 20260110T090000000Z."""
    whole, _, fraction = at.removesuffix("Z").partition(".")
    return re.sub(r"[-:]", "", whole) + (fraction + "000")[:3] + "Z"


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
