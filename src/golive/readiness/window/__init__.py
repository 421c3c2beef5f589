"""The window of live trading: what is announced before it, and what is summed up after it."""
