"""Metric declarations and the recorder protocol; no Prometheus here."""
