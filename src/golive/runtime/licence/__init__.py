"""Licences at work: checking this installation's own, issuing, installing, taking lists, refreshing the fingerprint."""
