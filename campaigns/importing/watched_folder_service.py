"""The watched folder: files that the hospital's systems leave there are taken, told of and put away.

Each goes to `done/` or `refused/` with a report beside it, and no file keeps another from being taken. Should the
process die in between, it is taken again, which changes nothing.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from campaigns.errors import ImportFault, IncompleteExport
from campaigns.importing import file_service, running_campaigns_service, watched_report_file
from campaigns.importing.fhir import source
from campaigns.importing.file_service import FHIR, KINDS, ImportOptions
from crm.feeds import file_limits
from hotline import log
from hotline.context import AppContext

QUIET = timedelta(seconds=5)
# So long a file of a FHIR export waits for the others.
PATIENCE = timedelta(minutes=5)
OURS = "could not be taken for a fault of the hotline's; its log says which"
FileState = tuple[int, int]


class FileOutcome(Enum):
    """What became of a file or an export."""

    NEWS = auto()
    PUT_AWAY = auto()
    WAITS = auto()


class WatchedFolder:
    """Looks at the folder again and again, and remembers which files were still growing."""

    def __init__(self, context: AppContext) -> None:
        """Use the folder of the settings; without one there is nothing to do."""
        self._context = context
        # Each file's size and time of last change, and when it was first seen so.
        self._seen: dict[Path, tuple[FileState, datetime]] = {}
        # What is not to be tried again before it changes: incomplete exports, and files that cannot be moved.
        self._waiting: frozenset[tuple[Path, FileState]] = frozenset()
        self._stuck: set[tuple[Path, FileState]] = set()

    def sweep(self, now: datetime) -> int:
        """Take every file that lies there in full; how many were taken or refused. New discharges are planned."""
        folder = self._context.settings.campaign_inbox
        if folder is None or not folder.is_dir():
            return 0
        ready, growing = self._look(folder, now)
        exported = [file for file in ready if file.suffix.lower() in FHIR]
        handled, has_news = 0, False
        for group, outcome in [
            *(([file], self._take([file], now)) for file in ready if file not in exported),
            *self._take_exports(exported, now, is_growing=any(file.suffix.lower() in FHIR for file in growing)),
        ]:
            handled += len(group) if outcome is not FileOutcome.WAITS else 0
            has_news |= outcome is FileOutcome.NEWS
        if has_news:
            running_campaigns_service.plan(self._context, now)
        return handled

    def _look(self, folder: Path, now: datetime) -> tuple[list[Path], list[Path]]:
        """Return files that have not changed for a while, by their own time, else by ours; and the others."""
        before, quiet = self._seen, now - QUIET
        self._seen = {}
        for file in sorted(folder.iterdir()):
            if _is_ours(file) and (seen := _seen(file)) is not None:
                since_known = before.get(file, (seen, now))
                self._seen[file] = since_known if since_known[0] == seen else (seen, now)
        ready: list[Path] = []
        growing: list[Path] = []
        for file, (seen, since) in self._seen.items():
            is_ready = datetime.fromtimestamp(seen[1] / 1e9, UTC) < quiet or since < quiet
            if (file, seen) not in self._stuck:
                (ready if is_ready else growing).append(file)
        return ready, growing

    def _take_exports(
        self, exported: list[Path], now: datetime, *, is_growing: bool
    ) -> list[tuple[Sequence[Path], FileOutcome]]:
        """Take FHIR files: whatever stands for itself, then the rest as one export, once no other file of it grows."""
        left = [file for file in exported if file.suffix.lower() != ".json"]
        is_late = all(self._seen[file][1] < now - PATIENCE for file in exported)
        if self._held(exported) == self._waiting and not is_late:
            return []
        outcomes: list[tuple[Sequence[Path], FileOutcome]] = []
        for file in exported:
            if file not in left:
                outcome = self._take([file], now, waits=True)
                (outcomes.append(([file], outcome)) if outcome is not FileOutcome.WAITS else left.append(file))
        if not left or (is_growing and not is_late):
            return outcomes
        outcome = self._take(sorted(left), now, waits=not is_late)
        self._waiting = self._held(left) if outcome is FileOutcome.WAITS else frozenset()
        return [*outcomes, (left, outcome)]

    def _held(self, of: Sequence[Path]) -> frozenset[tuple[Path, FileState]]:
        return frozenset((file, self._seen[file][0]) for file in of)

    def _take(self, group: Sequence[Path], now: datetime, *, waits: bool = False) -> FileOutcome:
        house = self._context.settings
        options = ImportOptions(house.campaign_consent, house.import_skips_rejected, waits)
        try:
            taken = file_service.take(self._context, group, options, now)
        except IncompleteExport as fault:
            return FileOutcome.WAITS if waits else self._refuse(group, str(fault))
        except ImportFault as fault:
            return self._refuse(group, str(fault))
        except Exception as error:
            if isinstance(error, DBAPIError) and not self._database_answers():
                log.get().warning("watched_file_postponed")  # it stays there, and the next look takes it
                return FileOutcome.WAITS
            log.get().exception("watched_file_failed")
            return self._refuse(group, OURS)
        self._put_away(
            group,
            watched_report_file.REFUSED if taken.stored is None else watched_report_file.DONE,
            file_service.report(taken),
        )
        return FileOutcome.NEWS if taken.stored is not None and taken.stored.is_news else FileOutcome.PUT_AWAY

    def _refuse(self, group: Sequence[Path], reason: str) -> FileOutcome:
        """Refuse what cannot be read; of an export only these files, so that the others may still be taken."""
        most = file_limits.of(self._context.settings)
        unreadable = [file for file in group if len(group) > 1 and not source.is_readable(file, most)]
        self._put_away(unreadable or group, watched_report_file.REFUSED, [reason])
        return FileOutcome.PUT_AWAY

    def _put_away(self, group: Sequence[Path], where: str, lines: list[str]) -> None:
        for file in group:
            try:
                watched_report_file.move(file, where, lines)
            except OSError:
                self._stuck |= self._held([file])
                log.get().exception("watched_file_not_moved")  # staff see it lie there; it is not taken again
        log.get().info(
            "watched_file_taken" if where == watched_report_file.DONE else "watched_file_refused", files=len(group)
        )

    def _database_answers(self) -> bool:
        try:
            with self._context.database.read() as session:
                session.execute(select(1))
        except SQLAlchemyError:
            return False
        return True


def _is_ours(file: Path) -> bool:
    return file.suffix.lower() in KINDS and not file.name.startswith((".", "~$")) and file.is_file()


def _seen(file: Path) -> FileState | None:
    try:
        state = file.stat()
    except OSError:
        return None  # taken away since the folder was listed
    return state.st_size, state.st_mtime_ns
