"""The scene that checks of readiness look at: a home with the shipped configuration whose live venue is on this machine."""

from __future__ import annotations

import shutil
from pathlib import Path

from golive.model.clock import Clock
from golive.runtime.readiness.scene import Scene, scene_of
from golive.runtime.secret_store import StoredSecrets
from golive.storage.config_files import load_configuration
from support.configuration import ROOT, changed
from support.durable import ToldClock

LIVE = "okx_desktop_live"
URL = "http://127.0.0.1:9"
_HEAD = "  okx_live:\n    exchange: okx_spot\n    environment: live\n    endpoint: "


def rehearsal_scene(home: Path, *changes: tuple[str, str], clock: Clock | None = None, entrypoint: str = LIVE) -> Scene:
    """Return the scene in `home`; a home without configuration gets the shipped one, with `changes` to its core.yaml."""
    if not (home / "config").exists():
        shutil.copytree(ROOT / "config", home / "config")
        core = home / "config/core.yaml"
        text = changed(core.read_text(encoding="utf-8"), f"{_HEAD}production", f"{_HEAD}{URL}")
        for old, new in changes:
            text = changed(text, old, new)
        core.write_text(text, encoding="utf-8")
    return production_scene(home, clock=clock, entrypoint=entrypoint)


def production_scene(home: Path, *, clock: Clock | None = None, entrypoint: str = LIVE) -> Scene:
    """Return the scene in `home` as its configuration has it; one without gets the shipped one."""
    if not (home / "config").exists():
        shutil.copytree(ROOT / "config", home / "config")
    runtime = home / "config/runtime.yaml"
    configuration = load_configuration(runtime, {})
    return scene_of(home, runtime, configuration, entrypoint, clock or ToldClock(), StoredSecrets(home))
