"""`dutyphone record`: the service."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dutyphone.cli.options import (
    config_option,
    hidden_option,
    language_option,
    load,
    personality_option,
    scenario_option,
    speed_option,
    wait_option,
)
from dutyphone.i18n import _

if TYPE_CHECKING:
    import typer

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
        wait: bool = wait_option(),
        tell_parent: bool = hidden_option("--tell-parent"),
        with_parent: bool = hidden_option("--with-parent"),
        key_from_parent: bool = hidden_option("--key-from-parent"),
    ) -> None:
        record_lines(
            config=config,
            language=language,
            simulate=simulate,
            speed=speed,
            personality=personality,
            wait=wait,
            tell_parent=tell_parent,
            with_parent=with_parent,
            key_from_parent=key_from_parent,
        )


def record_lines(
    *,
    config: Path | None = None,
    language: str | None = None,
    simulate: str | None = None,
    speed: float = 1.0,
    personality: str = "",
    wait: bool = False,
    tell_parent: bool = False,
    with_parent: bool = False,
    key_from_parent: bool = False,
) -> None:
    """Be the recorder until it is stopped."""
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
        on_ready=lambda: _ready(tell_parent=tell_parent),
        until_closed=sys.stdin if with_parent else None,
        complain=_complain,
    )


def _ready(*, tell_parent: bool) -> None:
    gc.enable()
    gc.freeze()  # what is loaded stays; looking through it for waste would keep a call waiting for 50 ms and more
    if tell_parent:
        sys.stdout.write(f"{READY}\n")
        sys.stdout.flush()


def _complain(sentence: str) -> None:
    sys.stderr.write(f"dutyphone: {sentence}\n")
    sys.stderr.flush()
