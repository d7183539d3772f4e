"""P9: what waiting costs.

A recorder with eight lines on which nobody calls, beside eight threads that only block in `os.read`; and a console
whose clock goes on, beside nothing: its promise is a share of one processor.
"""

from __future__ import annotations

import argparse
import os
import select
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.made_up_calls import made_up_log
from benchmarks.measure import (
    Bound,
    Comparison,
    Figure,
    Goal,
    alternate,
    median,
    parser,
    report,
    working_folder,
)
from benchmarks.processes import cpu_s, resident_mb
from benchmarks.terminals import Terminal, dutyphone

READERS = """
import os, sys, threading
threads = [threading.Thread(target=os.read, args=(os.open(path, os.O_RDWR | os.O_NOCTTY), 1)) for path in sys.argv[1:]]
for thread in threads:
    thread.start()
print("ready", flush=True)
"""


def main() -> None:
    """Run the benchmark."""
    options = _options()
    with working_folder(options) as folder, ExitStack() as running:
        ports = running.enter_context(_modems(options.lines))
        quiet = running.enter_context(_modems(options.lines))
        desk = _desk(folder, ports)
        made_up_log(folder, options.calls).rename(folder / "data" / "duty.db")  # the recorder makes a key of its own
        recorder = running.enter_context(_process([*dutyphone("record", "--wait", "--tell-parent")], desk))
        readers = running.enter_context(_process([sys.executable, "-c", READERS, *quiet], {}))
        console = running.enter_context(Terminal(dutyphone("console", "--language", "en"), desk))
        console.wait_for(b"Calls today, since")
        console.look_away()
        time.sleep(options.settle_s)
        shares = alternate(
            options.rounds,
            {"all": lambda: _shares([recorder, readers, console.process.pid], options.watch_s)},
        )["all"]
        memory = resident_mb(recorder)
        console_memory = resident_mb(console.process.pid)
    ours, reference, console_share = (100 * median(each) for each in zip(*shares, strict=True))
    report(
        "P9 idle",
        options,
        [
            Comparison(
                what=f"CPU of a recorder, of {options.lines} blocked threads", unit="%", ours=ours, reference=reference
            ),
            Figure(what="CPU of a recorder", unit="%", value=ours, goal=Goal(bound=Bound.AT_MOST, limit=0.1)),
            Figure(what="memory of a recorder", unit="MB", value=memory, goal=Goal(bound=Bound.AT_MOST, limit=60)),
            Figure(
                what="CPU of a console with its clock",
                unit="%",
                value=console_share,
                goal=Goal(bound=Bound.AT_MOST, limit=0.8),
            ),
            Figure(what="memory of a console", unit="MB", value=console_memory),
        ],
        ["all three are watched at the same time, in every round"],
    )


def _options() -> argparse.Namespace:
    made = parser(__doc__ or "")
    made.add_argument("--lines", type=int, default=8, help="lines of the recorder (default 8)")
    made.add_argument("--calls", type=int, default=2000, help="calls in the log (default 2000)")
    made.add_argument("--watch-s", type=float, default=20.0, help="length of a round (default 20)")
    made.add_argument("--settle-s", type=float, default=10.0, help="wait before the first round (default 10)")
    return made.parse_args()


def _shares(processes: Sequence[int], watch_s: float) -> tuple[float, ...]:
    """Of one processor, for each process."""
    before = [cpu_s(process) for process in processes]
    began = time.monotonic()
    time.sleep(watch_s)
    took = time.monotonic() - began
    return tuple((cpu_s(process) - used) / took for process, used in zip(processes, before, strict=True))


def _desk(folder: Path, ports: Sequence[str]) -> dict[str, str]:
    """The environment of a desk with a line on each of `ports`."""
    (folder / "data").mkdir()
    lines = [f'[lines.line{n}]\ndriver = "serial_modem"\nport = "{port}"\n' for n, port in enumerate(ports, 1)]
    config = folder / "config.toml"
    config.write_text("\n".join(lines), encoding="utf-8")
    return {
        "DUTYPHONE_CONFIG": str(config),
        "DUTYPHONE_DATA_FOLDER": str(folder / "data"),
        "LC_ALL": "C.UTF-8",
    }


@contextmanager
def _process(command: Sequence[str], environment: dict[str, str]) -> Iterator[int]:
    """The pid of a process that has said that it is ready."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})
    with process:
        assert process.stdout is not None
        if not process.stdout.readline():
            sys.exit(f"{command[-1]} did not start")
        try:
            yield process.pid
        finally:
            process.kill()


@contextmanager
def _modems(wanted: int) -> Iterator[list[str]]:
    """Terminals behind each of which something answers OK to every command."""
    ends = [os.openpty() for _modem in range(wanted)]
    for _ours, theirs in ends:
        tty.setraw(theirs)
    stop_reading, stop = os.pipe()
    thread = threading.Thread(target=_answer, args=([ours for ours, _theirs in ends], stop_reading))
    thread.start()
    try:
        yield [os.ttyname(theirs) for _ours, theirs in ends]
    finally:
        os.write(stop, b"!")
        thread.join()
        for descriptor in (*(each for pair in ends for each in pair), stop_reading, stop):
            os.close(descriptor)


def _answer(modems: Sequence[int], stop: int) -> None:
    while stop not in (ready := select.select([*modems, stop], [], [])[0]):
        for modem in ready:
            os.write(modem, b"\r\nOK\r\n" * os.read(modem, 4096).count(b"\r"))


if __name__ == "__main__":
    main()
