"""The few lines of docs/journal.md that need nothing of ours do verify our files."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from golive.storage.stage_records import StageRecords
from support.durable import ENTRYPOINT, keys_of, signer_of, stage_record

DOCUMENT = Path(__file__).parents[2] / "docs/journal.md"


def test_the_documented_lines_accept_a_sound_journal_and_refuse_a_changed_one(tmp_path: Path) -> None:
    records = StageRecords(tmp_path, signer_of(tmp_path), operator="anna")
    records.append(stage_record())
    journal = records.path(ENTRYPOINT)
    program = re.search(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.S)
    assert program is not None
    key = tmp_path / "var/audit/keys" / f"{keys_of(tmp_path).seal_key_id}.json"

    def run() -> subprocess.CompletedProcess[str]:
        files = [str(journal), str(journal.with_suffix(".seal.json")), str(key)]
        return subprocess.run(
            [sys.executable, "-I", "-W", "ignore", "-c", program[1], *files], capture_output=True, text=True, check=False
        )

    assert run().stdout == "sound up to record 2\n"
    journal.write_bytes(journal.read_bytes().replace(b'"verdict":"ok"', b'"verdict":"no"'))
    assert "changed or cut" in run().stderr
