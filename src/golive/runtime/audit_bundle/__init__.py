"""A go-live window for an auditor: logs, seals, public keys, the second verifier, and a signed list of it all."""
