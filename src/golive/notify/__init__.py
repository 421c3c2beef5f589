"""Alert channels by Apprise URL, sent to under time limits, and the thread that delivers. Nothing here decides what is told."""
