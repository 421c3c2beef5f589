"""A signed request, ready to leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Signed:
    """A request ready to leave."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str | None

    @property
    def host(self) -> str:
        return _host(self.url)


@lru_cache(maxsize=64)
def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
