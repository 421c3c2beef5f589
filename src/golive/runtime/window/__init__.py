"""The window of live trading, from its announcement to its archive."""
