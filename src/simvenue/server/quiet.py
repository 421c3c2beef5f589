"""What aiohttp may write to the log: errors of this program, but nothing of a request it could not read.

Such a request is answered 400, which is all its sender needs; its text may hold a key, a signature or a passphrase.
"""

from __future__ import annotations

import logging

from aiohttp.http_exceptions import HttpProcessingError


def server_logger() -> logging.Logger:
    """Return the logger of the HTTP server."""
    logger = logging.getLogger("simvenue.http")
    if not any(isinstance(each, _NotUnreadable) for each in logger.filters):
        logger.addFilter(_NotUnreadable())
    return logger


class _NotUnreadable(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, HttpProcessingError)
