"""Runbooks carried out: the steps that a machine can do, the confirmations of people, the record of both, the signed result."""
