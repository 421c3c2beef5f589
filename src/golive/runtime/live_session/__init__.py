"""A session whose orders really leave: its desk, what ends it early, the time in which it is watched."""
