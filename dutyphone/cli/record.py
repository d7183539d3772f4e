"""`dutyphone record`: the service."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from dutyphone.cli.options import (
    config_option,
    language_option,
    load,
    personality_option,
    scenario_option,
    speed_option,
)
from dutyphone.i18n import _

READY = "ready"
"""What `--tell-parent` prints once calls are being recorded."""


def add_to(app: typer.Typer) -> None:
    """Add the command to `app`."""

    @app.command(help=_("Listen to the lines and write what happens. Runs until it is stopped; consoles attach to it."))
    def record(
        config: Path | None = config_option(),
        language: str | None = language_option(),
        simulate: str | None = scenario_option("--simulate"),
        speed: float = speed_option(),
        personality: str = personality_option(),
        wait: bool = typer.Option(
            False, "--wait", help=_("Go on trying if no line can be opened at first (what a service should do).")
        ),
        tell_parent: bool = typer.Option(False, "--tell-parent", hidden=True),
        with_parent: bool = typer.Option(False, "--with-parent", hidden=True),
        key_from_parent: bool = typer.Option(False, "--key-from-parent", hidden=True),
    ) -> None:
        from dutyphone import bootstrap

        settings = load(config, language=language)
        if key_from_parent:
            settings = bootstrap.hear_key(settings, sys.stdin)
        drill = bootstrap.Drill(scenario=simulate, speed=speed, personality=personality) if simulate else None
        bootstrap.record(
            settings,
            config_path=config,
            drill=drill,
            insist=wait,
            on_ready=_tell_parent if tell_parent else lambda: None,
            until_closed=sys.stdin if with_parent else None,
            complain=_complain,
        )


def _tell_parent() -> None:
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()


def _complain(sentence: str) -> None:
    sys.stderr.write(f"dutyphone: {sentence}\n")
    sys.stderr.flush()
