"""The rule of IP allow-lists: every entry is an address or a network; reported at its position."""

from __future__ import annotations

import ipaddress

from .binding import Draft, path_text
from .problem import Problems


def allow_lists_are_addresses(draft: Draft, problems: Problems) -> None:
    for name in draft.names.get(("environments",), ()):
        path = ("environments", name, "ip_allowlist")
        for number, address in enumerate(draft.texts(*path) or ()):
            try:
                ipaddress.ip_network(address)
            except ValueError as exc:
                fix = "give an IP address, or a network such as 203.0.113.0/28"
                problems.add(draft.where(*path, str(number)), f"{path_text(path)}: {exc}", fix=fix)
