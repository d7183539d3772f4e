"""The command line. One file a command group; everything heavy is imported by the command that needs it."""

from __future__ import annotations

import sys


def main() -> None:
    """The command `dutyphone`. Leaves the process with an exit code."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from dutyphone import __version__

        sys.stdout.write(f"dutyphone {__version__}\n")
        return
    from dutyphone.cli.app import run_app

    sys.exit(run_app(sys.argv[1:]))
