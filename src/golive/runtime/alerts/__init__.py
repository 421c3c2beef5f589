"""Alerts joined together: what the configuration says about them, a process's delivery, acknowledgement and the self-test."""
