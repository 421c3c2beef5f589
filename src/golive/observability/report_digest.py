"""The digest of a run's report by which the record of its stage names it."""

from __future__ import annotations

import hashlib

from golive.audit import canonical
from golive.model.json import JsonObject


def report_sha256(document: JsonObject) -> str:
    """Return the digest a stage record binds: SHA-256 of the canonical document with `stage_record` null.

    Without that field, because the record is written first and then stands in the report itself.
    """
    return hashlib.sha256(canonical({**document, "stage_record": None})).hexdigest()
