#!/usr/bin/env python3
"""Write docs/security/asvs.md: each requirement of OWASP ASVS with the test that holds it, why it does not apply, or open.

`scripts/asvs_table.py CATALOGUE.csv [--check]`: the catalogue is that of https://github.com/OWASP/ASVS (5.0.0, English, CSV); its
text is not copied. Exit 0; 1 when the map names a requirement or a test that is not there, and with `--check` when the page is
another one.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from asvs_map import NOT_APPLICABLE, TESTS

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/security/asvs.md"
_ID = re.compile(r"V\d+\.\d+\.\d+")
HEAD = """# OWASP ASVS 5.0.0: requirement → test

Made by `scripts/asvs_table.py CATALOGUE.csv`; the map is `scripts/asvs_map.py`. What a requirement says stands in the catalogue
(https://github.com/OWASP/ASVS). *open*: it applies, or may, and no test of ours holds it yet. Of several tests one is named.

"""


def read_catalogue(path: Path) -> list[tuple[str, str]]:
    """Return each requirement's id and level; SystemExit for a file that is no catalogue."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    found = [(row.get("req_id") or "", row.get("L") or "") for row in rows]
    found = [(name, level) for name, level in found if name]
    if not found or not all(_ID.fullmatch(name) for name, _ in found):
        sys.exit(f"{path}: not a catalogue of ASVS 5: no column req_id with V1.1.1 …")
    return found


def reason(name: str) -> str | None:
    """Return why a requirement, its section or its chapter does not apply; None when it does."""
    chapter, section = name.split(".", maxsplit=1)[0], ".".join(name.split(".")[:2])
    return next((NOT_APPLICABLE[each] for each in (name, section, chapter) if each in NOT_APPLICABLE), None)


def page(catalogue: Sequence[tuple[str, str]]) -> str:
    """Return the page."""
    rows, counts = [], Counter[tuple[str, str]]()
    for name, level in catalogue:
        why = reason(name)
        kind = "tested" if name in TESTS else "not applicable" if why is not None else "open"
        counts[level, kind] += 1
        path, _, test = TESTS.get(name, "").partition("::")
        shown = (
            f"`{test}` ([{Path(path).name}](../../{path}))" if test else f"not applicable: {why}" if why is not None else "open"
        )
        rows.append(f"| {name} | {level} | {shown} |")
    kinds = ("tested", "not applicable", "open")
    levels = sorted({level for level, _ in counts})
    total = [f"| {level} | " + " | ".join(str(counts[level, kind]) for kind in kinds) + " |" for level in levels]
    summary = ["| level | tested | not applicable | open |", "| --- | --- | --- | --- |", *total]
    table = ["| requirement | level | held by |", "| --- | --- | --- |", *rows]
    return HEAD + "\n".join([*summary, "", *table]) + "\n"


def faults(names: set[str] | None) -> Iterator[str]:
    """Yield what the map says that is not so; `names`: the catalogue's ids, None when there is no catalogue at hand."""
    for name, test in TESTS.items():
        path, _, function = test.partition("::")
        if not (ROOT / path).exists() or not re.search(
            rf"^(?:async )?def {function}\(", (ROOT / path).read_text(encoding="utf-8"), re.M
        ):
            yield f"{name}: there is no test {test}"
        if reason(name) is not None:
            yield f"{name}: has a test and does not apply"
    if names is not None:
        known = names | {".".join(name.split(".")[:2]) for name in names} | {name.split(".")[0] for name in names}
        yield from (f"{name}: not in the catalogue" for name in sorted({*TESTS, *NOT_APPLICABLE} - known))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="asvs_table.py", description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("--check", action="store_true", help="say whether the page is what would be written")
    chosen = parser.parse_args(arguments)
    catalogue = read_catalogue(chosen.catalogue)
    found = list(faults({name for name, _ in catalogue}))
    for fault in found:
        print(fault)
    text = page(catalogue)
    if chosen.check:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
            print(f"{PAGE.relative_to(ROOT)}: not what would be written; run scripts/asvs_table.py CATALOGUE.csv")
            return 1
    elif not found:
        PAGE.write_text(text, encoding="utf-8")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
