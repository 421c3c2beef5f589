"""The risk profile of an entrypoint, read from `runtime.yaml` at a glance: checking all of it takes longer than a flag may.

Nothing is judged here but that one name; whoever asks checks the configuration afterwards, and acts on what that says as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

_OVERRIDES: Final = "GOLIVE__TRADING__ENTRYPOINTS"
"""environment variables that replace something about an entrypoint begin with it"""


def glanced_profile(runtime_file: Path, entrypoint: str, environ: Mapping[str, str]) -> str | None:
    """Return the risk profile that the file names for an entrypoint; None when a glance cannot say.

    It cannot where the file is no plain YAML, or the environment has a say.
    """
    if any(name.upper().startswith(_OVERRIDES) for name in environ):
        return None
    try:
        found: Any = yaml.load(runtime_file.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        profile = found["trading"]["entrypoints"][entrypoint]["risk_profile"]
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError):
        return None
    return profile if isinstance(profile, str) and profile else None
