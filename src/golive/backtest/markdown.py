"""A backtest's document as Markdown."""

from __future__ import annotations

from golive.model.json import JsonObject
from golive.observability.markdown import page_markdown

from .page import page


def markdown(document: JsonObject) -> str:
    """Return the whole report; raise MalformedPayload when the document is not a backtest's."""
    return page_markdown(page(document))
