"""Faces of Golive on the command line: each module parses, calls one function and prints."""
