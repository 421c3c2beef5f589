"""Vocabulary of Golive: immutable values of the standard library only."""
