"""Golive takes a crypto trading bot from demo to paper to live on measured, signed evidence."""

__version__ = "0.1.0"
