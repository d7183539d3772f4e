"""The only wiring: settings -> store, lines, recorder, console. Whatever is needed is imported when it is needed.

`bootstrap.doctor` stands beside these: what it loads, no recorder and no console needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dutyphone.bootstrap.asking import Order, ask_line
    from dutyphone.bootstrap.desk import show_console
    from dutyphone.bootstrap.exports import ExportRequest, export_calls, export_name
    from dutyphone.bootstrap.keeping import (
        back_up_log,
        copy_log,
        decrypt_log,
        encrypt_log,
        purge_log,
        restore_log,
    )
    from dutyphone.bootstrap.key import hear_key, unlocked
    from dutyphone.bootstrap.lines import Drill, check_lines, check_scenario, try_lines
    from dutyphone.bootstrap.log import Report, desk_status, open_store, rebuild_store, verify_store
    from dutyphone.bootstrap.recording import record, stop_recorder

__all__ = [
    "Drill",
    "ExportRequest",
    "Order",
    "Report",
    "ask_line",
    "back_up_log",
    "check_lines",
    "check_scenario",
    "copy_log",
    "decrypt_log",
    "desk_status",
    "encrypt_log",
    "export_calls",
    "export_name",
    "hear_key",
    "open_store",
    "purge_log",
    "rebuild_store",
    "record",
    "restore_log",
    "show_console",
    "stop_recorder",
    "try_lines",
    "unlocked",
    "verify_store",
]

_MODULES = {
    "Drill": "lines",
    "ExportRequest": "exports",
    "Order": "asking",
    "Report": "log",
    "ask_line": "asking",
    "back_up_log": "keeping",
    "check_lines": "lines",
    "check_scenario": "lines",
    "copy_log": "keeping",
    "decrypt_log": "keeping",
    "desk_status": "log",
    "encrypt_log": "keeping",
    "export_calls": "exports",
    "export_name": "exports",
    "hear_key": "key",
    "open_store": "log",
    "purge_log": "keeping",
    "rebuild_store": "log",
    "record": "recording",
    "restore_log": "keeping",
    "show_console": "desk",
    "stop_recorder": "recording",
    "try_lines": "lines",
    "unlocked": "key",
    "verify_store": "log",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
