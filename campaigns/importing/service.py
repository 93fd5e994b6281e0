"""Records of visits into the database: a whole source is checked first and stored after, some at a time.

Told twice, late or out of order, they lead to the same state: of each kind of event the latest report is kept, and
what is true of a visit follows from these (`visit_state`). Whatever stops or frees calls does so at once, too.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from campaigns.importing.import_result import ImportResult
from campaigns.importing.record import VisitRecord
from campaigns.importing.visits import event_reports, person_queries
from campaigns.importing.visits import service as visits_service
from crm.feeds.rejected_field import RejectedField
from hotline.context import AppContext
from hotline.encryption.keyring import Keyring

CHUNK = 250
# So many rejected rows are told of; a file with more is broken as a whole.
MOST_REJECTS = 1000
Item = VisitRecord | list[RejectedField]
Progress = Callable[[int], object]


@dataclass
class SourceCheck:
    """What a source holds: rows that can be taken, rows told twice, and rows that cannot be (the first thousand)."""

    rows: int = 0
    repeated: int = 0
    rejected: int = 0
    rejects: list[RejectedField] = field(default_factory=list)


def nothing(_count: int) -> None:
    """Report to nobody."""


def check(items: Iterable[tuple[int, Item]], tell: Progress = nothing) -> SourceCheck:
    """Look at a whole source. The same event of one visit with two contents is rejected; the same row twice is one.

    Where a source says when each was written down, the later one counts and nothing is rejected. Beyond the rows
    themselves this keeps two numbers a row, to know repeated ones.
    """
    checked = SourceCheck()
    seen: dict[int, int] = {}
    for count, (line, item) in enumerate(items, 1):
        if count % CHUNK == 0:
            tell(CHUNK)
        rejects = item if isinstance(item, list) else second(seen, line, item)
        if rejects is None:
            checked.repeated += 1
        elif rejects:
            checked.rejected += 1
            checked.rejects.extend(rejects[: max(0, MOST_REJECTS - len(checked.rejects))])
        else:
            checked.rows += 1
    return checked


def second(seen: dict[int, int], line: int, one: VisitRecord) -> list[RejectedField] | None:
    """Return what is wrong (`[]`: nothing) with a row that may be the same again (`None`) or contradict one before."""
    stay = one.visit or one.happened_on
    key = hash((one.event, one.patient_number, one.merged_from, stay, one.recorded_at))
    content, before = hash(one), seen.get(key)
    if before is None:
        seen[key] = content
        return []
    if before == content:
        return None
    if one.recorded_at is not None:
        return []  # a system tells its events; of two at one moment, either may count, and it is always the same
    return [RejectedField(line, "patient_number", "this stay stands there before, with other contents")]


def store(
    context: AppContext,
    records: Iterable[VisitRecord],
    source: str,
    now: datetime,
    tell: Progress = nothing,
    *,
    confirms: bool = False,
) -> ImportResult:
    """Store records, some at a time in a transaction each, so that calls go on meanwhile.

    `confirms`: somebody answers for the names, numbers and birth dates in it; else those that are known stay.

    Killed in the middle and done again, it goes on: whatever is there already stays as it is.
    """
    done = ImportResult()
    today = context.settings.day(now)
    for chunk in context.database.in_pieces(_chunks(records)):
        received = [
            event_reports.received(record, source[:20], context.keyring.index, at=now, today=today) for record in chunk
        ]
        with context.database.write() as session:
            batch = visits_service.VisitBatch(
                session, context, now, _people(context.keyring, received), confirms=confirms
            )
            batch.store(received)
        done.add(batch.result)
        tell(len(chunk))
    return done


def _people(keyring: Keyring, received: Iterable[event_reports.ReceivedRecord]) -> dict[str, str]:
    numbers = {one.record.patient_number for one in received} | {one.record.merged_from for one in received}
    return {number: person_queries.person_index(keyring, number) for number in numbers if number}


def _chunks(records: Iterable[VisitRecord]) -> Iterator[list[VisitRecord]]:
    left = iter(records)
    while chunk := list(islice(left, CHUNK)):
        yield chunk
