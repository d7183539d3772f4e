"""The only wiring: settings -> store, lines, recorder, console. Everything heavy is imported where it is needed."""

from dutyphone.bootstrap.desk import show_console
from dutyphone.bootstrap.doctor import GuidedResult, Screen, diagnose, diagnose_line, guided_check, write_options
from dutyphone.bootstrap.exports import ExportRequest, export_calls, export_name
from dutyphone.bootstrap.lines import Drill, check_lines, check_scenario, try_lines
from dutyphone.bootstrap.log import Report, desk_status, open_store, rebuild_store, verify_store
from dutyphone.bootstrap.recording import record, stop_recorder

__all__ = [
    "Drill",
    "ExportRequest",
    "GuidedResult",
    "Report",
    "Screen",
    "check_lines",
    "check_scenario",
    "desk_status",
    "diagnose",
    "diagnose_line",
    "export_calls",
    "export_name",
    "guided_check",
    "open_store",
    "rebuild_store",
    "record",
    "show_console",
    "stop_recorder",
    "try_lines",
    "verify_store",
    "write_options",
]
