"""A home with people, whose entrypoint `okx_desktop_live` is a rehearsal, and channels of alerts that really take messages."""

from __future__ import annotations

import shutil
from pathlib import Path

from golive.model.clock import Clock
from golive.model.secret import Secret
from golive.runtime.operators import add_operator
from golive.runtime.readiness.scene import Scene, scene_of
from golive.runtime.secret_store import StoredSecrets
from golive.storage.config_files import load_configuration

from .alert_services import Webhook, keep_urls
from .configuration import ROOT

ENTRYPOINT = "okx_desktop_live"
PASSPHRASE = Secret("seven brown otters swim")
PEOPLE = {"olga": "operator", "leo": "live_activator", "rita": "runtime", "cora": "oncall"}


def window_home(home: Path, hook: Webhook) -> Path:
    """Return `home` with configuration, people and channels; OKX is rehearsed by its endpoint."""
    shutil.copytree(ROOT / "config", home / "config")
    core = home / "config/core.yaml"
    core.write_text(core.read_text().replace("endpoint: production  ", "endpoint: http://127.0.0.1:8080  ", 1))
    for name, role in PEOPLE.items():
        add_operator(home, name, [role], PASSPHRASE, by=None)
    keep_urls(home, alert_oem_live=hook.url, alert_sec_alerts=hook.url)
    return home


def window_scene(home: Path, clock: Clock) -> Scene:
    file = home / "config/runtime.yaml"
    return scene_of(home, file, load_configuration(file, {}), ENTRYPOINT, clock, StoredSecrets(home))
