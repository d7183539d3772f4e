"""Where the server is, and by which address of ours it is reached. Asks the system; may wait for the name service."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

from dutyphone.errors import LineGone
from dutyphone.i18n import _
from dutyphone.lines.events import LossReason
from dutyphone_drivers.sip_account.wire import Address, Transport


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
