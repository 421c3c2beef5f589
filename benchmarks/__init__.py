"""Benchmarks: `make bench` prints our figures beside their floors and goals; nothing here is an assertion."""
