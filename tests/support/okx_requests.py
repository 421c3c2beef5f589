"""Signed OKX requests over a real socket."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import aiohttp

from support.okx_client import OkxClient
from support.simvenue_process import KEY


def signed_headers(
    method: str, target: str, body: str = "", key: Mapping[str, Any] = KEY, at: int | None = None
) -> dict[str, str]:
    """Return the headers of a request signed at wall time `at` (ns; None: now)."""
    return OkxClient.headers_for(key, method, target, time.time_ns() if at is None else at, body)


async def signed_post(session: aiohttp.ClientSession, rest: str, path: str, document: object) -> dict[str, Any]:
    """POST a signed document; return the answer's."""
    target, body = f"/api/v5/{path}", json.dumps(document)
    async with session.post(rest + target, data=body, headers=signed_headers("POST", target, body)) as answer:
        return dict(await answer.json(content_type=None))
