"""Who trades under which risk profile, read from `runtime.yaml` at a glance: checking all of it takes longer than a flag may.

Nothing is judged here but these names; whoever asks checks the configuration afterwards, and acts on what that says as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from golive.config.strict_yaml import MAX_BYTES
from golive.inputs import read_beside

_OVERRIDES: Final = "GOLIVE__TRADING__ENTRYPOINTS"
"""environment variables that replace something about an entrypoint begin with it"""


def glanced_profile(runtime_file: Path, entrypoint: str, environ: Mapping[str, str]) -> str | None:
    """Return the risk profile that the file names for an entrypoint; None when a glance cannot say.

    It cannot where the file is no plain YAML, or the environment has a say.
    """
    return _glanced(runtime_file, environ).get(entrypoint)


def glanced_entrypoints(runtime_file: Path, profile: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the entrypoints that the file has under a risk profile, sorted; none when a glance cannot say."""
    return tuple(sorted(name for name, each in _glanced(runtime_file, environ).items() if each == profile))


def _glanced(runtime_file: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the risk profile of each entrypoint for which the file names one."""
    if any(name.upper().startswith(_OVERRIDES) for name in environ):
        return {}
    try:
        found: Any = yaml.load(read_beside(runtime_file, most=MAX_BYTES), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (CSafeLoader is the safe one, in C)
        entrypoints = found["trading"]["entrypoints"]
        profiles = {name: each.get("risk_profile") for name, each in entrypoints.items() if isinstance(each, Mapping)}
    except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError):
        return {}
    return {str(name): profile for name, profile in profiles.items() if isinstance(profile, str) and profile}
