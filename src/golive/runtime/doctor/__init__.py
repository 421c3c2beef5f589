"""`golive doctor`: a list of small checks over this machine and this installation, and what they mean together."""
