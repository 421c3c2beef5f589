"""`core.yaml: execution.mtls`: where the certificates lie by which servers and clients of this installation know each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from .key import RELATIVE_FORM, RELATIVE_PATH, Key

_FILE: Final = r"[A-Za-z0-9][A-Za-z0-9._-]*\.pem"
_FILE_FORM: Final = "the name of a .pem file in bundle_directory"


@dataclass(frozen=True, kw_only=True, slots=True)
class Mtls:
    bundle_directory: Annotated[
        str, Key("Folder of the bundle, relative to home; private (0700).", pattern=RELATIVE_PATH, form=RELATIVE_FORM)
    ] = "secrets/mtls"
    ca_certificate: Annotated[
        str, Key("The authority's certificate: root and issuer of the others.", pattern=_FILE, form=_FILE_FORM)
    ] = "core-oem-ca.pem"
    server_certificate: Annotated[str, Key("What servers show.", pattern=_FILE, form=_FILE_FORM)] = "core-oem-server.pem"
    server_key: Annotated[str, Key("The server's private key (0600).", pattern=_FILE, form=_FILE_FORM)] = (
        "core-oem-server-key.pem"
    )
    client_certificate: Annotated[str, Key("What clients show.", pattern=_FILE, form=_FILE_FORM)] = "core-oem-client.pem"
    client_key: Annotated[str, Key("The client's private key (0600).", pattern=_FILE, form=_FILE_FORM)] = (
        "core-oem-client-key.pem"
    )
    rotation_registry: Annotated[
        str,
        Key(
            "Signed register of every certificate that was made, relative to home.",
            pattern=r"var/security/[A-Za-z0-9][A-Za-z0-9._-]*\.json",
            form="a .json file in var/security",
        ),
    ] = "var/security/tls_rotation.json"
