"""The tables and rules of an order journal in PostgreSQL's words, made from those of `schema.py`: there is one list of them."""

from __future__ import annotations

import re
from typing import Final

from .schema import TABLES, USER_VERSION

MARK: Final = f"golive order journal {USER_VERSION}"
"""comment of a journal's schema: what it is, and of which version"""
# Ids are compared byte by byte, as SQLite does, whatever language the server speaks.
_TYPES: Final = ((" BLOB", " BYTEA"), (" INTEGER", " BIGINT"), (" TEXT", ' TEXT COLLATE "C"'), (") STRICT", ")"))
_JSON: Final = re.compile(r"json_extract\((\w+\.\w+), '\$\.(\w+)'\)")
_TRIGGER: Final = re.compile(
    r"CREATE TRIGGER (?P<name>\w+) BEFORE INSERT ON (?P<table>\w+)\nWHEN (?P<when>.*?)\n"
    r"BEGIN SELECT RAISE\(ABORT, (?P<says>'.*?')\); END;\n",
    re.DOTALL,
)
_FUNCTION: Final = """CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $golive$
BEGIN
    IF {when} THEN RAISE EXCEPTION USING MESSAGE = {says}, ERRCODE = 'integrity_constraint_violation'; END IF;
    RETURN NEW;
END $golive$;
CREATE TRIGGER {name} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}();
"""
_KEPT: Final = """CREATE FUNCTION rows_are_only_added() RETURNS trigger LANGUAGE plpgsql AS $golive$
BEGIN
    RAISE EXCEPTION USING MESSAGE = 'rows are only ever added', ERRCODE = 'integrity_constraint_violation';
END $golive$;
"""


def statements() -> str:
    """Return the statements that make the tables in an empty schema that is first in the search path."""
    tables = _TRIGGER.sub("", TABLES)
    for theirs, ours in _TYPES:
        tables = tables.replace(theirs, ours)
    rules = "".join(
        _FUNCTION.format(**{**rule.groupdict(), "when": _JSON.sub(r"(\1::jsonb ->> '\2')", rule["when"])})
        for rule in _TRIGGER.finditer(TABLES)
    )
    keeps = "".join(
        f"CREATE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} EXECUTE FUNCTION rows_are_only_added();\n"
        for table in table_names()
    )
    return tables + rules + _KEPT + keeps


def table_names() -> tuple[str, ...]:
    """Return the names of all tables."""
    return tuple(re.findall(r"CREATE TABLE (\w+)", TABLES))


def trigger_names() -> tuple[tuple[str, str], ...]:
    """Return table and name of each trigger, sorted."""
    rules = [(rule["table"], rule["name"]) for rule in _TRIGGER.finditer(TABLES)]
    return tuple(sorted([*rules, *((table, "kept") for table in table_names())]))
