"""`golive explain`: everything that is written down about one order, from decision to venue, as one chain."""
