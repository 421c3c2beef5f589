"""Questions to a Prometheus over its HTTP API; blocking.

Source: https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Mapping
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

import orjson

from golive.model.errors import ConfigError, PrerequisiteMissing

TIMEOUT_S: Final = 15.0
LONGEST_ANSWER: Final = 64 << 20
"""bytes; what is cut off there is no JSON any more"""
LONGEST_ERROR: Final = 100_000
"""bytes of a refusal that are read"""
LONGEST_SAID: Final = 400


class PrometheusApi:
    """One Prometheus. Raises ConfigError for an address that is none."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ConfigError(f"--prometheus {url} is no address of a Prometheus; write its address, as http://127.0.0.1:9090")
        if parts.username is not None:
            raise ConfigError("--prometheus: an address with a password in it would be kept in the snapshot; leave it out")
        self.url = url.rstrip("/")

    def range(self, expression: str, start_s: float, end_s: float, step_s: float) -> list[Mapping[str, Any]]:
        """Return the series of an expression over time, each with `metric` and `values`; PrerequisiteMissing as below."""
        asked = {"query": expression, "start": f"{start_s:.3f}", "end": f"{end_s:.3f}", "step": f"{step_s:.3f}"}
        result = self.ask("query_range", asked).get("result")
        return result if isinstance(result, list) else []

    def ask(self, path: str, form: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        """Return the `data` of one answer.

        Raises PrerequisiteMissing when it cannot be reached, refuses, or is no Prometheus.
        """
        body = None if form is None else urlencode(form).encode()
        try:
            with urlopen(Request(f"{self.url}/api/v1/{path}", data=body), timeout=TIMEOUT_S) as response:  # noqa: S310 (the scheme was looked at above)
                answer = orjson.loads(response.read(LONGEST_ANSWER))
        except HTTPError as exc:
            raise PrerequisiteMissing(f"Prometheus at {self.url} refused {path}: {exc.code} {_said(exc)}") from exc
        except (URLError, OSError, http.client.HTTPException) as exc:
            raise PrerequisiteMissing(f"Prometheus at {self.url} cannot be asked: {getattr(exc, 'reason', exc)}") from exc
        except orjson.JSONDecodeError as exc:
            raise PrerequisiteMissing(f"{self.url} does not answer as a Prometheus does: {exc}") from exc
        data = answer.get("data") if isinstance(answer, dict) and answer.get("status") == "success" else None
        if not isinstance(data, dict):
            raise PrerequisiteMissing(f"{self.url} does not answer as a Prometheus does: {path} has no data")
        return data


def _said(error: HTTPError) -> str:
    """Return in one line why a Prometheus refused; of a web server's page what its status means."""
    try:
        body = error.read(LONGEST_ERROR)
    except (OSError, http.client.HTTPException):
        body = b""
    with contextlib.suppress(orjson.JSONDecodeError):
        answer = orjson.loads(body)
        body = str(answer.get("error")).encode() if isinstance(answer, dict) else body
    said = " ".join(body.decode(errors="replace").split())
    return f"{error.reason}; is this a Prometheus?" if not said or said.startswith("<") else said[:LONGEST_SAID]
