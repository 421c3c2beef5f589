"""May this bot trade live? Checks over gathered evidence, sign-offs, freeze, runbooks: values in, findings out."""

from .finding import Evidence, Finding, Status, overall

__all__ = ["Evidence", "Finding", "Status", "overall"]
