from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from support.office import Office
from support.sip_peers.baresip import DeskPhone
from support.sip_peers.duty import DutyLine
from support.sip_peers.kamailio import PASSWORD, Kamailio
from support.sip_peers.peers import Peers
from support.sip_peers.programs import missing_packages
from support.sip_peers.sipp import Sipp

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Without the peers these tests cannot run: skipped on a developer's machine, failures where CI is set."""
    if os.environ.get("CI") or not (missing := missing_packages()):
        return
    for item in items:
        if HERE in item.path.parents:
            reason = f"The peers are not installed (Debian: apt install {' '.join(missing)})."
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture
def peers() -> Iterator[Peers]:
    with Peers() as peers:
        yield peers
        print(peers.tell())  # noqa: T201  seen only when the test fails


@pytest.fixture
def kamailio(peers: Peers) -> Kamailio:
    """The exchange, with its ordinary settings."""
    return peers.kamailio()


@pytest.fixture
def line(peers: Peers, kamailio: Kamailio) -> DutyLine:
    """dutyphone, registered."""
    line = peers.duty()
    line.connect()
    return line


@pytest.fixture
def desk_phone(peers: Peers, kamailio: Kamailio) -> DeskPhone:
    return peers.desk_phone()


@pytest.fixture
def gateway(peers: Peers, kamailio: Kamailio) -> Sipp:
    return peers.gateway()


@pytest.fixture
def office(tmp_path: Path, peers: Peers) -> Iterator[Office]:
    """A duty room with a configuration, as an office has it."""
    office = Office(tmp_path)
    password = tmp_path / "password"
    password.write_text(PASSWORD, "utf-8")
    password.chmod(0o600)
    (tmp_path / "dutyphone.toml").write_text(
        f"""
[lines.desk]
driver = "sip_account"
title = "值班电话"
server = "{peers.places.server}"
account = "1001"
password_file = "{password}"
local = "{peers.places.account}"
ping_s = 1
""",
        "utf-8",
    )
    yield office
    office.close()
