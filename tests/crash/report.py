"""One JSON document of every run of a proof: what was done, from which seed, at which scale, and what the checker said."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crash.rig import SCALE, environment, program
from support.killed import SOURCES

FOLDER = "GOLIVE_PROOF_REPORTS"
"""environment variable: where reports go; else they stay with the temporary files of the run"""
IS_LONG = os.environ.get("GOLIVE_PROOF") == "1"


@dataclass
class Report:
    """One run. `parts` are what was done, each with its own counts."""

    name: str
    seed: int
    began: float = field(default_factory=time.monotonic)
    parts: dict[str, object] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Write it where reports go, else into `folder`; return the path."""
        place = Path(os.environ[FOLDER]) if FOLDER in os.environ else folder
        place.mkdir(parents=True, exist_ok=True)
        path = place / f"{self.name}.json"
        path.write_text(json.dumps(self.document, indent=2, sort_keys=True) + "\n")
        return path

    @property
    def document(self) -> dict[str, object]:
        return {
            "schema": "golive.proof.v1",
            "name": self.name,
            "seed": self.seed,
            "scale": f"1:{SCALE}",
            "is_long": IS_LONG,
            "code_sha256": code_sha256(),
            "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.release()},
            "duration_s": round(time.monotonic() - self.began, 2),
            **self.parts,
        }


def code_sha256() -> str:
    """Return one digest over all sources of the product and the venue."""
    digest = hashlib.sha256()
    for path in sorted(SOURCES.rglob("*.py")):
        digest.update(str(path.relative_to(SOURCES)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def check(ledger: Path, files: Sequence[str], **options: Sequence[str]) -> Mapping[str, object]:
    """Run the checker as a process of its own; return what it printed. RuntimeError when it cannot say."""
    flags = [flag for name, values in options.items() for value in values for flag in (f"--{name}", value)]
    command = program("checker", "--ledger", str(ledger), *files, *flags)
    ended = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    if ended.returncode not in (0, 1):
        raise RuntimeError(f"the checker cannot say: {ended.stdout}{ended.stderr}")
    return dict(json.loads(ended.stdout))
