"""Market data: timeframes, bars built from trades, and the lock-step of a simulated market."""
