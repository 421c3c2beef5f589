"""Contracts of the services (`.proto`) and the code made of them by `scripts/generate_services.py`; nothing else."""
