"""Backtests: a strategy over history by the rules of a session, and what the outcome is worth."""
