"""Makes `captures/`: every message that a telephone beside the desk phone got or sent, as it went over the wire.

    .venv/bin/python tests/sip_peers/capture.py

A telephone of flesh and blood (baresip) stands where the account of dutyphone would, on the ports that people know. One
folder a scene, one file a message, in the order of time; `in` is what the account gets. The core is tested with them.
"""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from support.sip_peers.peers import Peers  # noqa: E402
from support.sip_peers.programs import Places  # noqa: E402
from support.sip_peers.wire import Packet  # noqa: E402


def registers(peers: Peers) -> None:
    peers.desk_phone(place=peers.places.account)


def gives_up(peers: Peers) -> None:
    account = peers.desk_phone(place=peers.places.account)
    name = '"张三 值班" <sip:01055501234@127.0.0.1:5060>'
    caller = peers.gives_up(0.2, caller=name, headers="P-Asserted-Identity: <tel:+861055501234>")
    account.wait_for_ringing()
    caller.finish()


def answered_elsewhere(peers: Peers) -> None:
    account = peers.desk_phone(place=peers.places.account)
    desk_phone = peers.desk_phone()
    caller = peers.waits(0.3)
    account.wait_for_ringing()
    desk_phone.lift()
    caller.finish()


def answered_here(peers: Peers) -> None:
    account = peers.desk_phone(place=peers.places.account)
    caller = peers.waits()
    account.lift()
    time.sleep(0.2)
    account.put_down()
    caller.finish()


def dialled(peers: Peers) -> None:
    account = peers.desk_phone(place=peers.places.account)
    peers.gateway(rings_s=0.2, talks_s=0.2)
    account.dial("13900000200")
    account.wait_for("CALL_ESTABLISHED")
    account.wait_for("CALL_CLOSED")


def dialled_and_refused(peers: Peers) -> None:
    account = peers.desk_phone(place=peers.places.account)
    peers.gateway()
    account.dial("13900000603")
    account.wait_for("CALL_CLOSED")


def pinged(peers: Peers) -> None:
    peers.desk_phone(place=peers.places.account)
    time.sleep(1.5)


def watched(peers: Peers) -> None:
    """The desk phone is called and calls, while somebody watches."""
    desk_phone = peers.desk_phone()
    peers.gateway(rings_s=0.2, talks_s=0.3)
    watcher = peers.watcher()
    time.sleep(0.2)
    caller = peers.waits(0.3)
    desk_phone.lift()
    caller.finish()
    desk_phone.dial("13900000200")
    desk_phone.wait_for("CALL_ESTABLISHED")
    desk_phone.wait_for("CALL_CLOSED")
    watcher.finish()


SCENES: dict[Callable[[Peers], None], dict[str, object]] = {
    registers: {},
    gives_up: {},
    answered_elsewhere: {},
    answered_here: {},
    dialled: {},
    dialled_and_refused: {},
    watched: {},
    pinged: {"ping_s": 1},
}
"""What happens, and with what settings of the exchange."""


def main() -> None:
    for scene, settings in SCENES.items():
        folder = HERE / "captures" / scene.__name__.replace("_", "-")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with Peers(Places(base=5060)) as peers:
            exchange = peers.kamailio(**settings)
            scene(peers)
            time.sleep(0.1)
            mine = [p for p in exchange.wire() if peers.places.account in (p.source, p.target)]
        for number, packet in enumerate(mine, 1):
            (folder / f"{number:02}-{_title(packet)}.dat").write_bytes(packet.data)


def _title(packet: Packet) -> str:
    way = "in" if packet.sent else "out"
    what = packet.method if packet.status is None else f"{packet.status}-{packet.method}"
    return f"{way}-{re.sub(r'[^A-Z0-9]+', '-', what)}"


if __name__ == "__main__":
    main()
