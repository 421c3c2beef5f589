"""Licences: what an issuer signed for one machine and a time, held against machine, list of revocations and clock.

Pure but for `machine.py`, which reads what the machine is: bytes and values in, verdicts out. Where the files lie, and what is
remembered from one check to the next, is the business of `storage/licence_files.py`; who asks, that of `runtime/licence/`.
"""
