"""A home with an issuer of its own, on a machine that is laid out as folders."""

from __future__ import annotations

from pathlib import Path

from golive.config.licensing_section import Licensing
from golive.config.rbac import Role
from golive.runtime.licence.desk import LicenceDesk
from golive.runtime.licence.issuance import IssuerDesk, Terms, make_signing_key, read_request, write_request
from golive.runtime.licence.renewal import install
from golive.security.licence.fault import Document, FaultCode
from golive.security.licence.issuer_key import IssuerKey
from golive.security.licence.judge import Wanted
from golive.security.operators import OperatorIdentity
from golive.storage.keys import SigningKeys
from golive.storage.security_admin import admin_entries

from .durable import ToldClock
from .licences import NOW

OLGA = OperatorIdentity("olga", frozenset({Role.OEM}))
PAPER = Wanted(("desktop", "okx"))
LIVE = Wanted(("desktop", "okx"), live=True)
PARTS = {
    "etc/machine-id": "0123456789abcdef0123456789abcdef", "sys/class/dmi/id/board_serial": "PF3X99",
    "proc/cpuinfo": "vendor_id : GenuineIntel\nmodel name : Xeon 6", "sys/block/vda/device/serial": "S4EVNF0M",
}  # fmt: skip


class World:
    """A home on a machine laid out as folders, its issuer, and a clock that is told the time."""

    def __init__(self, path: Path) -> None:
        self.home, self.machine, self.out = path / "home", path / "machine", path / "out"
        self.home.mkdir()
        self.be(PARTS)
        self.clock = ToldClock(NOW)
        self.signing_key = path / "issuer.key"
        _, public = make_signing_key(self.signing_key)
        self.desk = self.with_issuers(IssuerKey("dudzian", bytes.fromhex(public)))
        self.issuer = IssuerDesk(path, self.signing_key, self.clock)

    def with_issuers(self, *issuers: IssuerKey) -> LicenceDesk:
        """Return its desk as one that believes these keys."""
        return LicenceDesk(home=self.home, licensing=Licensing(), clock=self.clock, machine=self.machine, issuers=issuers)

    def be(self, parts: dict[str, str]) -> None:
        """Be another machine, or the same with other parts."""
        for name, text in parts.items():
            path = self.machine / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def issue(self, *environments: str, days: int = 365) -> None:
        terms = Terms(
            issuer="dudzian", customer="Acme", profiles=("desktop", "okx"), environments=environments or ("paper", "live"),
            modules=(), days=days,
        )  # fmt: skip
        request = self.out.parent / "request.json"
        write_request(request, self.clock, root=self.machine)
        self.issuer.issue(terms, read_request(request), self.out)

    def installed(self, *environments: str, days: int = 365) -> World:
        self.issue(*environments, days=days)
        install(self.desk, self.out, OLGA)
        return self

    def codes(self, wanted: Wanted = PAPER) -> set[tuple[Document, FaultCode]]:
        return {(each.document, each.code) for each in self.desk.check(wanted, "test").faults}

    def acts(self) -> list[str]:
        return [entry.type for entry in admin_entries(self.home, SigningKeys.load(self.home))][1:]
