"""kamailio as the exchange and SIPp as who calls or is called, where they are installed. Nothing of tests/ is used."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.sip_registrar import HOST

PASSWORD = "made-up"
"""Of an exchange that lives for a minute."""
PATIENCE_S = 20.0

_SERVERS = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
_MODULES = [*sorted(Path("/usr/lib").glob("*/kamailio/modules")), Path("/usr/lib/kamailio/modules")]

_CONFIGURATION = """#!KAMAILIO
debug=-2
log_stderror=yes
fork=yes
children=2
disable_tcp=yes
auto_aliases=no
listen=udp:%SERVER%
alias="%SERVER%"
mpath="%MODULES%/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "auth.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
modparam("usrloc", "db_mode", 0)
modparam("registrar", "default_expires", 3600)
modparam("tm", "fr_inv_timer", 170000)

request_route {
    if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
    if (is_method("CANCEL")) {
        if (t_check_trans()) t_relay();
        exit;
    }
    if (is_method("ACK")) {
        if (t_check_trans()) t_relay();
        exit;
    }
    t_check_trans();
    if (is_method("REGISTER")) {
        if (!pv_www_authenticate("$fd", "%PASSWORD%", "0")) {
            www_challenge("$fd", "1");
            exit;
        }
        save("location");
    } else if (is_method("OPTIONS")) {
        if ($rU == $null || registered("location")) sl_send_reply("200", "OK");
        else sl_send_reply("404", "Not Found");
    } else if (is_method("INVITE") && lookup("location")) {
        t_relay();
    } else {
        sl_send_reply("404", "Not Found");
    }
}
"""
"""OPTIONS for a user says whether that account is bound."""

_CALLER = """<?xml version="1.0" encoding="UTF-8" ?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="a caller hangs up">
  <send retrans="500"><![CDATA[
INVITE %URI% SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=z9hG4bK-[pid]-[call_number];rport
Max-Forwards: 70
From: <sip:139[call_number]@[local_ip]:[local_port]>;tag=[pid]-[call_number]
To: <%URI%>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:trunk@[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio 40000 RTP/AVP 8 0
  ]]></send>
  <recv response="100" optional="true"/>
  <recv response="180"/>
  <pause milliseconds="%RING_MS%"/>
  <send retrans="500"><![CDATA[
CANCEL %URI% SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=z9hG4bK-[pid]-[call_number];rport
Max-Forwards: 70
From: <sip:139[call_number]@[local_ip]:[local_port]>;tag=[pid]-[call_number]
To: <%URI%>
Call-ID: [call_id]
CSeq: 1 CANCEL
Content-Length: 0

  ]]></send>
  <recv response="200" optional="true"/>
  <recv response="487"/>
  <send><![CDATA[
ACK %URI% SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=z9hG4bK-[pid]-[call_number];rport
Max-Forwards: 70
From: <sip:139[call_number]@[local_ip]:[local_port]>;tag=[pid]-[call_number]
To: <%URI%>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Content-Length: 0

  ]]></send>
</scenario>
"""
"""The branch is written out: [branch] changes with every message, and a CANCEL is matched by it (RFC 3261 9.1)."""

_CALLEE = """<?xml version="1.0" encoding="UTF-8" ?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="a telephone that nobody answers">
  <recv request="INVITE">
    <action><ereg regexp=".*" search_in="hdr" header="Via:" assign_to="via"/>
    <ereg regexp=".*" search_in="hdr" header="CSeq:" assign_to="cseq"/></action>
  </recv>
  <send><![CDATA[
SIP/2.0 180 Ringing
[last_Via:]
[last_From:]
[last_To:];tag=[pid]-[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:desk@[local_ip]:[local_port]>
Content-Length: 0

  ]]></send>
  <recv request="CANCEL"/>
  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

  ]]></send>
  <send retrans="500"><![CDATA[
SIP/2.0 487 Request Terminated
Via:[$via]
[last_From:]
[last_To:];tag=[pid]-[call_number]
[last_Call-ID:]
CSeq:[$cseq]
Content-Length: 0

  ]]></send>
  <recv request="ACK"/>
</scenario>
"""
"""INVITE, 180, CANCEL, 200, 487, ACK: what dutyphone says and hears of a missed call."""


def has(name: str) -> bool:
    """Whether the program is installed."""
    return shutil.which(name, path=_SERVERS) is not None


def free_port() -> int:
    """One for datagrams on `HOST` that nobody has now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class Kamailio:
    """An exchange with one server for as long as the `with` block; `account` needs `PASSWORD`."""

    def __init__(self, folder: Path, account: str) -> None:
        self._folder, self._account = folder, account
        self.server = f"{HOST}:{free_port()}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._folder.mkdir()
        modules = next(folder for folder in _MODULES if folder.is_dir())
        words = {"SERVER": self.server, "MODULES": str(modules), "PASSWORD": PASSWORD}
        text = _CONFIGURATION
        for name, value in words.items():
            text = text.replace(f"%{name}%", value)
        (self._folder / "kamailio.cfg").write_text(text, encoding="utf-8")
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kill()

    def bound(self) -> float:
        """When `account` is bound, by the monotonic clock."""
        return self._until(b"200")

    def outage(self, length_s: float) -> float:
        """It is killed with all that it knows and comes back after `length_s`: seconds until `account` is bound."""
        self._kill()
        time.sleep(length_s)
        self._start()
        returned = self._until(b"")
        return self.bound() - returned

    def _start(self) -> None:
        program = shutil.which("kamailio", path=_SERVERS)
        assert program is not None
        self._process = subprocess.Popen(
            [program, "-DD", "-E", "-f", str(self._folder / "kamailio.cfg"), "-Y", str(self._folder), "-m", "256"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _until(self, status: bytes) -> float:
        """When an OPTIONS for the account is answered with `status`; empty: with any."""
        give_up = time.monotonic() + 60.0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.05)
            host, _, port = self.server.partition(":")
            probe.connect((host, int(port)))
            for number in range(1, 10_000):
                if time.monotonic() > give_up:
                    break
                try:
                    probe.send(self._question(number, probe.getsockname()[1]))
                    if probe.recv(65_535).startswith(b"SIP/2.0 " + status):
                        return time.monotonic()
                except OSError:  # refused, or nothing came
                    pass
                time.sleep(0.02)
        raise TimeoutError(f"{self._account} is not bound at {self.server}")

    def _question(self, number: int, port: int) -> bytes:
        uri = f"sip:{self._account}@{self.server}"
        lines = (
            f"OPTIONS {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {HOST}:{port};branch=z9hG4bK-probe-{port}-{number}",
            "Max-Forwards: 70",
            f"From: <sip:probe@{HOST}>;tag=probe",
            f"To: <{uri}>",
            f"Call-ID: probe-{port}-{number}",
            f"CSeq: {number} OPTIONS",
            "Content-Length: 0",
            "",
            "",
        )
        return "\r\n".join(lines).encode()


class Sipp:
    """One run of SIPp; ended with the `with` block, or by `finish`."""

    def __init__(self, folder: Path, scenario: str, arguments: Sequence[str]) -> None:
        program = shutil.which("sipp", path=_SERVERS)
        assert program is not None
        file = folder / f"sipp-{time.time_ns():x}.xml"
        file.write_text(scenario, encoding="utf-8")
        self.port = free_port()
        self._process = subprocess.Popen(
            [program, *arguments, "-sf", str(file), "-i", HOST, "-p", str(self.port), "-nostdin"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @classmethod
    def callers(cls, folder: Path, uri: str, server: str, *, calls: int, a_second: float, rings_s: float) -> Sipp:
        """So many calls of `uri` by way of `server`; each rings for so long and is cancelled."""
        scenario = _CALLER.replace("%URI%", uri).replace("%RING_MS%", str(round(1000 * rings_s)))
        how = ("-m", str(calls), "-l", str(calls + 10), "-r", f"{a_second:g}", "-buff_size", str(4 * 1024 * 1024))
        return cls(folder, scenario, [server, *how])

    @classmethod
    def telephone(cls, folder: Path) -> Sipp:
        """Rings at every call until the caller has enough."""
        made = cls(folder, _CALLEE, [])
        give_up = time.monotonic() + PATIENCE_S
        while not made._listens():
            if time.monotonic() > give_up:
                raise TimeoutError("SIPp does not listen")
            time.sleep(0.02)
        return made

    @property
    def pid(self) -> int:
        return self._process.pid

    def finish(self, patience_s: float) -> int:
        """Its exit code once all its calls are over: 0 if each went as it should."""
        return self._process.wait(patience_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _listens(self) -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((HOST, self.port))
            except OSError:
                return True
        return False
