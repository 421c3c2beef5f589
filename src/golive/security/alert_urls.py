"""URLs of alert channels from `secrets/alert_urls.json`: `{"urls": {"alert_oem_live": "tgram://…"}}`, mode 0600.

The store of secrets goes before it; whoever reads this file can write to the channels, and do no more.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from golive.inputs import parse_json
from golive.model.errors import ConfigError
from golive.model.secret import Secret

from .private_file import read_private_file

PATH: Final = Path("secrets/alert_urls.json")
"""relative to home"""


class AlertUrlFile:
    """Reads the file at each look-up, so a change counts from the next message on."""

    def __init__(self, home: Path) -> None:
        self._path = home / PATH

    def url(self, name: str) -> Secret | None:
        """Return the URL kept under `name`, None when there is none; ConfigError, naming no URL, for another kind of file."""
        if not self._path.exists():
            return None
        try:
            document = parse_json(read_private_file(self._path, "the URLs of the alert channels"))
        except ValueError:  # the error of the parser quotes what it read
            raise ConfigError(f'{self._path}: not JSON; expected {{"urls": {{"NAME": "URL"}}}}') from None
        urls = document.get("urls") if isinstance(document, dict) else None
        if not isinstance(urls, dict) or not all(isinstance(value, str) and value for value in urls.values()):
            raise ConfigError(f"{self._path}: field 'urls' must be an object of non-empty texts")
        found = urls.get(name)
        return None if found is None else Secret(found)
