"""Seeds are fixed in every run; `make proof` (GOLIVE_PROOF=1) draws many more examples, from a new seed each time."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile("fixed", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("proof", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("proof" if os.environ.get("GOLIVE_PROOF") == "1" else "fixed")
