"""Gathers what the checks of `readiness/` judge: one module for each part."""
