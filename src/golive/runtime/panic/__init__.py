"""`golive panic`: stop entries, cancel, optionally sell, read back, and sign what was done; with no session's help if need be."""
