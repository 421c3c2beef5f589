"""What a bundle says of itself to its reader, in English and in Polish, with the commands that verify it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Final

from golive.storage.log_copy import CopiedLog

_TEXT: Final = """\
# Golive: evidence for an auditor / dowody dla audytora

## English

Whole logs of one installation, the seals that cover them, public keys, and a verifier of 80 lines that shares nothing with
Golive. Run these commands in this folder; they need `sha256sum`, OpenSSL 3 and Python 3.11. First compare the public key
with the one you received from the installation's owner by another way: whoever could make this folder could make a key.

```
{commands}
```

Every file is as it was handed over when the first two succeed. The verifier says `clean` (0), names what was changed (1), or
what it cannot say (6): records behind the newest seal can be checked by the installation alone, and so can a log whose
oldest files are out of retention. `manifest.json` says for each log up to which record it is sealed (`sealed_seq`) and what
the installation found.

## Polski

Całe dzienniki jednej instalacji, pieczęcie, które je obejmują, klucze publiczne i weryfikator o 80 wierszach, niezależny od
Golive. Polecenia uruchamia się w tym katalogu; potrzebne są `sha256sum`, OpenSSL 3 i Python 3.11. Najpierw należy porównać
klucz publiczny z kluczem otrzymanym od właściciela instalacji inną drogą: kto mógł utworzyć ten katalog, mógł też utworzyć
klucz.

```
{commands}
```

Jeśli dwa pierwsze polecenia się powiodą, każdy plik jest taki, jaki został przekazany. Weryfikator odpowiada `clean` (0),
wskazuje, co zmieniono (1), albo czego nie może stwierdzić (6): wpisy za najnowszą pieczęcią może sprawdzić tylko instalacja,
podobnie dziennik, którego najstarsze pliki usunięto po okresie przechowywania. `manifest.json` podaje dla każdego dziennika,
do którego wpisu jest zapieczętowany (`sealed_seq`) i co stwierdziła instalacja.
"""


def readme(logs: Sequence[CopiedLog], key_id: str) -> str:
    """Return the text of README.md; `key_id` is the key that signs the manifest."""
    signature = f"-pubin -inkey {shlex.quote(f'keys/{key_id}.pem')} -rawin -in manifest.json -sigfile manifest.json.sig"
    commands = [
        "sha256sum --strict -c SHA256SUMS",
        f"openssl pkeyutl -verify {signature}",
        *(_command(log, key_id) for log in logs),
    ]
    return _TEXT.format(commands="\n".join(commands))


def _command(log: CopiedLog, key_id: str) -> str:
    words = ["python3", "-I", "verify_journal.py", f"keys/{log.seal_key or key_id}.json"]
    words += [] if log.kept is None else ["--seals", str(log.kept)]
    return shlex.join([*words, *map(str, log.files)])
