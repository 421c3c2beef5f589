"""The list of checks, in the order in which they are shown. A new one is a function and a line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from golive.model.clock import Clock
from golive.model.errors import ConfigError, GoliveError
from golive.storage.config_files import load_configuration

from . import installation, machine
from .finding import Check, DoctorReport, Patient, report_of, row_of

CHECKS: Final[Mapping[str, Check]] = {
    "configuration": installation.configuration,
    "python": machine.python,
    "libraries": machine.libraries,
    "clock": machine.clock,
    "disk": machine.disk,
    "writable": machine.writable,
    "ports": machine.ports,
    "user": machine.user,
    "process": machine.process,
    "permissions": machine.permissions,
    "secrets": installation.secrets,
    "rotation": installation.rotation,
    "licences": installation.licences,
    "certificates": installation.certificates,
    "operators": installation.operators,
    "keys": installation.keys,
    "journals": installation.journals,
}


def examine_all(home: Path, runtime_file: Path, clock: Clock, checks: Mapping[str, Check] = CHECKS) -> DoctorReport:
    """Carry out every check; one that cannot look is `unknown`, and keeps no other from looking."""
    patient = Patient(home, clock, lambda: load_configuration(runtime_file, os.environ))
    rows = tuple(row_of(name, check, patient, (GoliveError, OSError, ValueError)) for name, check in checks.items())
    return report_of(rows, clock.now(), is_configured=_is_configured(patient))


def _is_configured(patient: Patient) -> bool:
    try:
        return patient.configuration is not None
    except ConfigError:
        return False
