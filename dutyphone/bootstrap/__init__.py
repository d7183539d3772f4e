"""The only wiring: settings -> store, lines, recorder, console. Everything heavy is imported where it is needed.

`bootstrap.doctor` stands beside these: what it loads, no recorder and no console needs.
"""

from dutyphone.bootstrap.desk import show_console
from dutyphone.bootstrap.exports import ExportRequest, export_calls, export_name
from dutyphone.bootstrap.lines import Drill, check_lines, check_scenario, try_lines
from dutyphone.bootstrap.log import Report, desk_status, open_store, rebuild_store, verify_store
from dutyphone.bootstrap.recording import record, stop_recorder

__all__ = [
    "Drill",
    "ExportRequest",
    "Report",
    "check_lines",
    "check_scenario",
    "desk_status",
    "export_calls",
    "export_name",
    "open_store",
    "rebuild_store",
    "record",
    "show_console",
    "stop_recorder",
    "try_lines",
    "verify_store",
]
