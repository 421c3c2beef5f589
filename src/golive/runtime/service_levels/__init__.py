"""Service levels: what a process measures of itself, kept once a second, and the report that judges it."""
