"""Golive."""
