"""Tables of discharges, CSV and XLSX: each row is the discharge of one patient.

What a table is, `crm.feeds.table_file` knows.
"""

from collections.abc import Iterator
from pathlib import Path

from campaigns.importing import validation
from campaigns.importing.fields import visit_classes
from campaigns.importing.record import VisitClass
from campaigns.importing.tables.discharge_columns import COLUMNS
from campaigns.importing.validation import Item, SourceDefaults, UncheckedEvent
from crm.feeds import table_file
from crm.feeds.file_limits import FileLimits
from crm.feeds.rejected_field import RejectedField

LONGER = "has more cells than the first line has columns"


def read(file: Path, given: SourceDefaults, limits: FileLimits) -> Iterator[tuple[int, Item]]:
    """Yield each row that is not empty, with its line. Raises `UnreadableFile` when it is no such table."""
    for row in table_file.rows(file, COLUMNS, limits):
        if row.is_longer:
            yield row.line, [RejectedField(row.line, "row", LONGER)]
            continue
        visit_class = visit_classes.read(row.cells.get("visit_class", ""), VisitClass.INPATIENT)
        yield row.line, validation.read(UncheckedEvent(line=row.line, cells=row.cells, visit_class=visit_class), given)
