"""Alerts: the message, which channels it goes to, what is throttled, tried again and escalated. No channel, file or thread."""
