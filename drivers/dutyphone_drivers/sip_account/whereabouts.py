"""Where the server is, and by which address of ours it is reached. Asks the system; may wait for the name service."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from dutyphone.errors import LineGone
from dutyphone.i18n import _
from dutyphone.lines.events import LossReason
from dutyphone_drivers.sip_account.wire import Address, Transport

_FAMILIES = 2


def find_servers(host: str, port: int | None, transport: Transport) -> tuple[Address, ...]:
    """The addresses of a server, best first (RFC 3263 §4.2, A and AAAA). Raises `LineGone` if it has none."""
    kind = socket.SOCK_DGRAM if transport is Transport.UDP else socket.SOCK_STREAM
    try:
        found = socket.getaddrinfo(host, port or transport.default_port, type=kind)
    except (OSError, UnicodeError) as fault:
        raise LineGone(
            LossReason.NETWORK,
            _("The server {server} is not known to the network.").format(server=host),
            advice=_("Is the network connected, is the name right? An address in its place needs no name service."),
            evidence=str(fault),
        ) from fault
    families = (socket.AF_INET, socket.AF_INET6)
    addresses = [Address(str(ends[0]), int(ends[1]), transport) for family, *_, ends in found if family in families]
    return tuple(dict.fromkeys(addresses))


FIRST_LOOK_S = 3.0
"""Where a server has addresses of both kinds, each is tried this long at first: often only one of them is served."""

SECOND_LOOK_S = 20.0
"""And then this long, in which a registration is resent until it says that nobody answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Servers that one socket of ours reaches: those of one family, best first. `is_only`: there is no other way."""

    servers: tuple[Address, ...]
    is_only: bool

    def patience_s(self, turn: int) -> float | None:
        """How long to wait for the line to open at the `turn`th attempt; None: for ever."""
        if self.is_only:
            return None
        return FIRST_LOOK_S if turn < _FAMILIES else SECOND_LOOK_S


def ways_to(servers: tuple[Address, ...], local: str) -> tuple[Way, ...]:
    """The ways there are to `servers`; with an address of our own, only those of its family. Raises `LineGone`."""
    wanted = [server for server in servers if not local or (":" in server.host) == (":" in local)]
    if not wanted:
        raise LineGone(
            LossReason.NETWORK,
            _("The server cannot be reached from the address {address}.").format(address=local),
            advice=_("One is IPv4 and the other IPv6; `local` chooses another, or leave it out."),
        )
    families = {":" in server.host: None for server in wanted}
    return tuple(
        Way(servers=tuple(server for server in wanted if (":" in server.host) == family), is_only=len(families) == 1)
        for family in families
    )


def own_address(server: Address) -> str:
    """The address of ours that packets to `server` leave from. Raises `LineGone` if there is no way to it."""
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((server.host, server.port))  # sends nothing
        except OSError as fault:
            raise LineGone(
                LossReason.NETWORK,
                _("There is no way to the server {server}.").format(server=server.host),
                advice=_("Is the network cable plugged in?"),
                evidence=str(fault),
            ) from fault
        return str(probe.getsockname()[0]).partition("%")[0]


def tls_context(ca_file: Path | None, *, verify: bool) -> ssl.SSLContext:
    """How the server proves who it is. Raises `LineGone` if the certificates cannot be read."""
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as fault:
            raise LineGone(
                LossReason.NETWORK,
                _("The certificates in {path} cannot be read.").format(path=ca_file),
                advice=_("tls_ca_file names a PEM file that this user may read."),
                evidence=str(fault),
            ) from fault
    return context
