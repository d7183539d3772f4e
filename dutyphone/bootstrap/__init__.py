"""The only wiring: settings -> store, lines, recorder, console. Everything heavy is imported where it is needed.

`bootstrap.doctor` stands beside these: what it loads, no recorder and no console needs.
"""

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
    "Report",
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
