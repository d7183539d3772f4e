"""Call records as a file: all of it or none.

The file is made in a working folder beside its place, brought to the disk, and only then renamed to its name, so that
nobody ever opens half of it and what was there before stays until the new one is whole. Rows stream from the store into
the file; memory does not grow with them.
"""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, tzinfo
from enum import Enum
from pathlib import Path
from typing import Protocol

from dutyphone.duty.shift_date import DAY_STARTS
from dutyphone.errors import OutputError
from dutyphone.i18n import _
from dutyphone.outputs import cleaning
from dutyphone.outputs.columns import Profile, Style, Text, blind_sheet, call_sheet
from dutyphone.outputs.csv_file import Encoding, write_csv
from dutyphone.outputs.csv_file import field as csv_field
from dutyphone.outputs.jsonl_file import write_jsonl
from dutyphone.outputs.tables import Tables, Written
from dutyphone.outputs.words import words
from dutyphone.store.readmodels import BlindRow, CallQuery, CallRecord


class Format(Enum):
    """What sort of file."""

    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"


class CallSource(Protocol):
    """What an export needs of the store."""

    def count_calls(self, query: CallQuery, /) -> int:
        """How many calls answer `query`."""
        ...

    def stream_records(self, query: CallQuery, /) -> Iterable[Sequence[CallRecord]]:
        """They, the oldest first, some at a time and never all. Closed by the export if it has a `close`."""
        ...

    def blind_intervals(self, from_at: datetime, until_at: datetime, /) -> Iterable[BlindRow]:
        """The times in which a line was not listened to, as far as they touch the span."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportResult:
    """What was written. `sha256` is that of `path`; `companion` is the file of blind intervals beside a CSV."""

    path: Path
    rows: int
    blind_intervals: int
    sha256: str
    companion: Path | None = None


def export_calls(
    store: CallSource,
    query: CallQuery,
    path: Path,
    *,
    format: Format,  # noqa: A002
    profile: Profile,
    zone: tzinfo,
    language: str,
    simulated: bool,
    now: datetime,
    encoding: Encoding | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    day_starts: time = DAY_STARTS,
    hidden: Collection[str] = (),
    line_titles: Mapping[str, str] | None = None,
) -> ExportResult:
    """Write the calls of `query` to `path`, replacing what is there.

    `encoding` is for CSV alone; None means with a byte order mark for people and without for machines. `simulated`
    marks everything as a drill. `hidden` are normalised numbers of which only the first digit may leave, `line_titles`
    what people call the lines. `on_progress` gets calls done and calls in all, from time to time and at the end; what
    it raises ends the export and leaves no trace.

    Raises `OutputError` if the file cannot be written.
    """
    chosen = encoding or (Encoding.UTF8_BOM if profile is Profile.PEOPLE else Encoding.UTF8)
    of_csv = format is Format.CSV
    chinese = language == "zh_CN"
    style = Style(
        words=words(language),
        zone=zone,
        day_starts=day_starts,
        simulated=simulated,
        text=_masked(hidden, _TEXT[format]),
        number=_masked(hidden, _NUMBER[format, profile]),
        line_titles=line_titles or {},
        plain=csv_field if of_csv else _as_it_is,
        nothing="" if of_csv else None,
        hides=bool(hidden),
    )
    calls = store.stream_records(query)
    progress = _Progress(store.count_calls(query), on_progress)
    tables = Tables(
        calls=call_sheet(profile, style, chinese=chinese),
        blind=blind_sheet(profile, style, chinese=chinese),
        batches=_batches(calls, progress),
        blind_rows=[
            row
            for row in store.blind_intervals(query.from_at or _BEFORE_ANY_CALL, query.until_at or now)
            if query.line in (None, row.line)
        ],
        words=style.words,
        simulated=simulated,
        made_at=now,
        from_at=query.from_at,
        until_at=query.until_at,
    )
    beside = _beside(path, style.words.blind if profile is Profile.PEOPLE and chinese else "blind")
    try:
        _refuse_if_open(path)
        with tempfile.TemporaryDirectory(prefix=".dutyphone-", dir=path.parent) as working:
            written = _write(tables, Path(working) / path.name, Path(working) / beside.name, format, chosen)
            progress.finish(written.rows)
            sha256 = _brought_to_disk(written, path, beside)
    except OSError as error:
        raise _explained(path, error) from error
    finally:
        _close(calls)
    return ExportResult(
        path=path,
        rows=written.rows,
        blind_intervals=len(tables.blind_rows),
        sha256=sha256,
        companion=beside if len(written.files) > 1 else None,
    )


_BEFORE_ANY_CALL = datetime(1970, 1, 1, tzinfo=UTC)


def _write(tables: Tables, path: Path, blind_path: Path, format: Format, encoding: Encoding) -> Written:  # noqa: A002
    match format:
        case Format.CSV:
            return write_csv(tables, path, blind_path, encoding)
        case Format.XLSX:
            # XlsxWriter takes 60 ms to import, which the other formats need not wait for.
            from dutyphone.outputs.xlsx_file import write_xlsx

            return write_xlsx(tables, path)
        case Format.JSONL:
            return write_jsonl(tables, path)


def _as_it_is(text: str) -> str:
    return text


def _spelled(fit: Text) -> Text:
    """`fit`, as a field of CSV."""
    return lambda text: csv_field(fit(text))


_TEXT: dict[Format, Text] = {
    Format.CSV: _spelled(cleaning.csv_text),
    Format.XLSX: cleaning.cell_text,
    Format.JSONL: _as_it_is,
}
_NUMBER: dict[tuple[Format, Profile], Text] = {
    (Format.CSV, Profile.PEOPLE): _spelled(cleaning.csv_number_for_people),
    (Format.CSV, Profile.MACHINE): _spelled(cleaning.csv_number),
    (Format.XLSX, Profile.PEOPLE): cleaning.cell_text,
    (Format.XLSX, Profile.MACHINE): cleaning.cell_text,
    (Format.JSONL, Profile.PEOPLE): _as_it_is,
    (Format.JSONL, Profile.MACHINE): _as_it_is,
}


def _masked(hidden: Collection[str], fit: Text) -> Text:
    if not hidden:
        return fit
    mask = cleaning.Mask(hidden)
    return lambda text: fit(mask(text))


def _batches(calls: Iterable[Sequence[CallRecord]], progress: _Progress) -> Iterator[Sequence[CallRecord]]:
    done = 0
    for batch in calls:
        yield batch
        done += len(batch)
        progress.show(done)


class _Progress:
    """How far the export is. More calls may come while it runs: the whole is never less than what is done."""

    def __init__(self, total: int, on_progress: Callable[[int, int], None] | None) -> None:
        self._total = total
        self._on_progress = on_progress

    def show(self, done: int) -> None:
        if self._on_progress is not None:
            self._on_progress(done, max(done, self._total))

    def finish(self, done: int) -> None:
        self._total = done
        self.show(done)


# --- files -------------------------------------------------------------------------------------------------------


def _beside(path: Path, what: str) -> Path:
    """5月.csv to 5月.监听中断.csv."""
    return path.with_name(f"{path.stem}.{what}{path.suffix}")


def _refuse_if_open(path: Path) -> None:
    """Office programs leave a mark beside a file they have open; what they save later would undo the export."""
    if path.is_dir():
        raise OutputError(_("{path} is a folder.").format(path=path), advice=_("Give the name of a file in it."))
    for mark in (f".~lock.{path.name}#", f"~${path.name}", f".~{path.name}"):  # LibreOffice, Excel, WPS
        if path.with_name(mark).exists():
            raise OutputError(
                _("{path} is open in another program.").format(path=path),
                advice=_("Close it there, or choose another file name."),
                evidence=mark,
            )


def _brought_to_disk(written: Written, path: Path, beside: Path) -> str:
    """Move what was written to its place, the main file last; the SHA-256 of that."""
    for file in written.files:
        with file.open("r+b") as handle:
            os.fsync(handle.fileno())
    with written.files[0].open("rb") as handle:
        sha256 = hashlib.file_digest(handle, "sha256").hexdigest()
    for file, place in reversed(list(zip(written.files, (path, beside), strict=False))):
        file.replace(place)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return sha256


def _close(calls: Iterable[Sequence[CallRecord]]) -> None:
    """End the query behind an iterator that was not walked to its end."""
    close = getattr(calls, "close", None)
    if close is not None:
        close()


def _explained(path: Path, error: OSError) -> OutputError:
    """`error` as a sentence with what to do."""
    evidence = str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return OutputError(
            _("There is no room for {path}.").format(path=path),
            advice=_("Make room on that disk, export fewer days, or choose another disk."),
            evidence=evidence,
        )
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return OutputError(
            _("The folder {path} does not exist.").format(path=path.parent),
            advice=_("Make the folder first, or choose another one."),
            evidence=evidence,
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return OutputError(
            _("{path} cannot be written.").format(path=path),
            advice=_("Close the file if it is open in another program, or choose a folder in which you may write."),
            evidence=evidence,
        )
    if error.errno in (errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ):
        return OutputError(
            _("{path} is not a name for a file here.").format(path=path),
            advice=_("Choose a shorter and simpler file name."),
            evidence=evidence,
        )
    return OutputError(
        _("{path} could not be written: {reason}.").format(path=path, reason=error.strerror or evidence),
        advice=_("Choose another folder or disk."),
        evidence=evidence,
    )
