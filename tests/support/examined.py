"""A desk with simulated lines, looked at by the doctor in this process."""

from __future__ import annotations

from pathlib import Path

from dutyphone.bootstrap.doctor import Screen, diagnose
from dutyphone.doctor.finding import Answer, Finding

QUIET_NIGHT = "@ +3600\n"


class Desk:
    """A configuration file, its data folder, and the doctor on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config.toml"
        self.database = folder / "data" / "duty.db"
        self.screen = Screen(encoding="utf-8")

    def configure(self, *tables: str) -> Path:
        top = f'data_folder = "{self.folder / "data"}"\n'
        self.config.write_text(top + "\n".join(tables), encoding="utf-8")
        return self.config

    def simulated(
        self, scenario: str = QUIET_NIGHT, *, personality: str = "conexant-cx81801", options: str = "", speed: int = 60
    ) -> str:
        """The table of a simulated line that plays the text `scenario`."""
        path = self.folder / "scenario.txt"
        path.write_text(scenario, encoding="utf-8")
        port = f"sim://{path}?personality={personality}&speed={speed}&timeouts=line"
        return f'[lines.desk]\ndriver = "serial_modem"\nport = "{port}"\n{options}'

    def answers(self) -> list[Answer]:
        return diagnose(self.config, self.screen)

    def found(self) -> dict[str, Finding]:
        """Every finding of a desk with one line, by the name of its check."""
        return {answer.check: answer.finding for answer in self.answers()}
