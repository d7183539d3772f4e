"""P8: how soon the program is there.

`dutyphone --version` beside `python -c pass`, and the first words of the console on a terminal beside the first words
of an empty Textual application, both from exec on.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks.made_up_calls import made_up_log
from benchmarks.measure import (
    Bound,
    Comparison,
    Goal,
    alternate,
    median,
    parser,
    report,
    seconds,
    working_folder,
)
from benchmarks.terminals import Terminal, dutyphone

WORDS = "Benchmark room"
"""The name of the room, which is in the heading of the console."""

EMPTY_APPLICATION = f"""
from textual.app import App
from textual.widgets import Static

class Empty(App):
    def compose(self):
        yield Static("{WORDS}")

Empty().run()
"""


def main() -> None:
    """Run the benchmark."""
    options = _options()
    with working_folder(options) as folder:
        log = made_up_log(folder, options.calls)
        desk = {
            "DUTYPHONE_DATA_FOLDER": str(folder / "data"),
            "DUTYPHONE_DATABASE__URL": f"sqlite:///{log}",
            "DUTYPHONE_ROOM__NAME": WORDS,
            "XDG_CONFIG_HOME": str(folder),
            "LC_ALL": "C.UTF-8",
        }
        commands = alternate(
            options.rounds,
            {
                "ours": partial(_run, _installed("--version")),
                "reference": partial(_run, [sys.executable, "-c", "pass"]),
            },
        )
        screens = alternate(
            options.rounds,
            {
                "ours": partial(_first_words, _installed("console", "--language", "en"), desk),
                "reference": partial(_first_words, [sys.executable, "-c", EMPTY_APPLICATION], {}),
            },
        )
    report(
        "P8 start",
        options,
        [
            Comparison(
                what="dutyphone --version, python -c pass",
                unit="ms",
                ours=1000 * median(commands["ours"]),
                reference=1000 * median(commands["reference"]),
                goal=Goal(bound=Bound.AT_MOST, limit=3.0),
            ),
            Comparison(
                what="first screen, an empty Textual application",
                unit="ms",
                ours=1000 * median(screens["ours"]),
                reference=1000 * median(screens["reference"]),
                goal=Goal(bound=Bound.AT_MOST, limit=1.3),
            ),
        ],
    )


def _options() -> argparse.Namespace:
    made = parser(__doc__ or "")
    made.add_argument("--calls", type=int, default=2000, help="calls in the log that is opened (default 2000)")
    return made.parse_args()


def _installed(*arguments: str) -> list[str]:
    """The installed command, as a user starts it, if there is one."""
    script = Path(sys.executable).with_name("dutyphone")
    return [str(script), *arguments] if script.exists() else dutyphone(*arguments)


def _run(command: Sequence[str]) -> float:
    return seconds(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True))


def _first_words(command: Sequence[str], environment: Mapping[str, str]) -> float:
    with Terminal(command, environment) as terminal:
        return terminal.wait_for(WORDS.encode()) - terminal.began


if __name__ == "__main__":
    main()
