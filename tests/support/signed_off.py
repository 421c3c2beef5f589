"""A home in which an entrypoint was signed off by three people, with our own functions."""

from __future__ import annotations

import shutil
from pathlib import Path

from golive.config.configuration import Configuration
from golive.config.rbac import SignOff
from golive.model.clock import DAY, Clock
from golive.model.secret import Secret
from golive.readiness.compliance_register import DocumentKind
from golive.runtime.operators import add_operator, authenticate
from golive.runtime.sign_offs import archive_document, make_key, scope_of, sign_off, write_sign_off
from golive.storage.config_files import load_configuration

from .configuration import ROOT, without_compliance

ENTRYPOINT = "okx_desktop_paper"
PASSPHRASE = Secret("violet anchors drift slowly")
SIGNERS = {"carl": ("compliance", SignOff.COMPLIANCE), "sue": ("secops", SignOff.SECURITY), "rita": ("risk", SignOff.RISK)}
SECTION = """
runtime_entrypoints:
  {entrypoint}:
    compliance:
      live_allowed: true
      risk_profiles: [balanced]
      signoffs: []   # by golive signoff add
"""


def configuration_of(home: Path) -> Configuration:
    return load_configuration(home / "config/runtime.yaml", {})


def signed_off_home(home: Path, clock: Clock, entrypoint: str = ENTRYPOINT) -> Path:
    """Return `home` with configuration, people, keys, documents and one sign-off for each of the three roles."""
    shutil.copytree(ROOT / "config", home / "config", dirs_exist_ok=True)
    core = home / "config/core.yaml"
    core.write_text(
        without_compliance(core.read_text(encoding="utf-8")) + SECTION.format(entrypoint=entrypoint), encoding="utf-8"
    )
    document = home / "kyc.pdf"
    document.write_bytes(b"%PDF who we are")
    by = None
    for name, (role, _) in SIGNERS.items():
        add_operator(home, name, [role], PASSPHRASE, by=by, clock=clock)
        identity = authenticate(home, name, PASSPHRASE, purpose="test", clock=clock)
        make_key(home, identity, PASSPHRASE, clock)
        by = identity if role == "secops" else by
        if role == "compliance":
            for kind in (DocumentKind.KYC, DocumentKind.OFFLINE_ACCESS):
                file = home / f"{kind}.txt"
                file.write_text(f"{kind} of okx")
                archive_document(home, identity, file, kind, "okx", clock)
    for name, (_, role) in SIGNERS.items():
        identity = authenticate(home, name, PASSPHRASE, purpose="test", clock=clock)
        scope = scope_of(configuration_of(home), entrypoint, role, None)
        expires = clock.now() + 90 * DAY
        signed = sign_off(home, identity, PASSPHRASE, role=role, scope=scope, document=document, expires=expires, clock=clock)
        write_sign_off(home / "config/runtime.yaml", entrypoint, signed)
    return home
