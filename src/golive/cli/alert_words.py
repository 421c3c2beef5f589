"""The words of `golive alerts list`, in English and Polish; what alerts say, and why attempts failed, stays as it was said."""

from __future__ import annotations

from typing import Final

from golive.observability.wording import Words

TEXTS: Final[Words] = {
    "none": ("no alerts", "brak alarmów"),
    "attempt": ("{channel}: {state}, attempt {attempts}", "{channel}: {state}, próba {attempts}"),
    "seen": ("seen by {person}", "widziane przez {person}"),
    "escalated": ("emergency mode on since {at}: nobody had seen it", "tryb awaryjny od {at}: nikt tego nie widział"),
    "due": ("to be seen by {at}", "do zobaczenia do {at}"),
}
SEVERITIES: Final[Words] = {
    "info": ("info", "info"),
    "warning": ("warning", "uwaga"),
    "error": ("error", "błąd"),
    "critical": ("critical", "krytyczny"),
}
STATES: Final[Words] = {
    "pending": ("pending", "nierozdzielony"),
    "suppressed": ("suppressed", "wstrzymany"),
    "no_channel": ("no channel", "brak kanału"),
    "waiting": ("waiting", "czeka"),
    "sending": ("sending", "wysyłany"),
    "delivered": ("delivered", "dostarczony"),
    "failed": ("failed", "nieudany"),
}
"""of an alert, and of it at a channel"""
