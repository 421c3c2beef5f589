"""kill -9 at any moment under the rules of Kraken: nothing lost, nothing sent twice, nothing imagined."""

from __future__ import annotations

from pathlib import Path

import pytest

from crash.kill_proof import MOST_S, prove

SEED = 1_002

pytestmark = [pytest.mark.integration, pytest.mark.timeout(MOST_S)]


def test_no_order_is_lost_or_sent_twice(tmp_path: Path) -> None:
    prove("kraken", tmp_path, SEED)
