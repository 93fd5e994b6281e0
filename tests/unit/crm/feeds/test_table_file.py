"""Tables as hospitals save them: encodings, separators, faults by line, and workbooks that were made to cost much."""

import zipfile
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from crm.errors import UnreadableFile
from crm.feeds import table_file
from crm.feeds.file_limits import FileLimits
from crm.feeds.table_row import Columns

CASES = Path(__file__).resolve().parents[4] / ".." / "shared" / "cases"
COLUMNS = Columns(
    {
        "number": ("number", "mrn", "病案号"),
        "name": ("name", "姓名"),
        "phone": ("phone", "联系电话"),
        "at": ("at", "时间"),
    },
    ("number", "name"),
)
DAY = datetime(2026, 11, 20)  # noqa: DTZ001 # a spreadsheet knows no zones
SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEAD = '<row r="1"><c t="inlineStr"><is><t>number</t></is></c><c t="inlineStr"><is><t>name</t></is></c></row>'


def read(file: Path, limits: FileLimits | None = None) -> list[tuple[int, dict[str, str]]]:
    """The rows of a file: line and cells."""
    return [(row.line, dict(row.cells)) for row in table_file.rows(file, COLUMNS, limits)]


def csv(tmp_path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    """A CSV file with this content."""
    file = tmp_path / "t.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_table_is_read_in_every_encoding_and_with_every_separator(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    text = "病案号,姓名,联系电话\r\nM1,林晓,1\r\n\r\nM2,王芳,2\r\n".replace(",", separator)
    assert read(csv(tmp_path, text, encoding)) == [
        (2, {"number": "M1", "name": "林晓", "phone": "1"}),
        (4, {"number": "M2", "name": "王芳", "phone": "2"}),
    ]


@pytest.mark.parametrize(
    "head",
    [
        '病案号,"姓\n名",联系电话',
        "\ufeff病案号*, 姓名 ,联系电话（必填）",
        "ＭＲＮ,Name,Phone:",
        "病 案 号,姓名,联系电话,",
        '"病案号","姓名","联系电话"',
    ],
)
def test_heads_are_known_with_line_breaks_marks_brackets_and_full_width(tmp_path: Path, head: str) -> None:
    found = read(csv(tmp_path, f"{head}\nM1,林晓,1\n"))
    assert [cells for _, cells in found] == [{"number": "M1", "name": "林晓", "phone": "1"}]


def test_the_separator_that_excel_names_is_used(tmp_path: Path) -> None:
    assert read(csv(tmp_path, "sep=;\nnumber;name\nM1;a,b\n")) == [(3, {"number": "M1", "name": "a,b"})]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('number,name\nM1,x\nM2,"y\nM3,z\n', "line 3: a quotation mark opens"),
        ('number,name\nM1,"x" y\n', "line 2: something follows"),
        ("number,name\nM1," + "x" * 70_000, "line 2: a field is longer"),
        ("number,name\nM1," + ",".join("x" * 100 for _ in range(20_000)), "line 2: is longer"),
        ("number,phone\nM1,x\n", "line 1: columns are missing: name"),
        ("number,name,姓名\nM1,x,y\n", "line 1: name stands there more than once"),
        ("", "columns are missing"),
        ("number,name\nM1,Andr\xe9\n".encode("latin-1"), "line 2"),
        ("number,name\nM1,Ren\xe9e\n".encode("cp1252"), "neither UTF-8"),
        ("number,name\nM1,M\xfcller Ren\xe9e\n".encode("cp1252"), "neither UTF-8"),
        (b"\xff\xff\xfe\xfa" * 20, "neither UTF-8"),
        ("姓名,电话\n".encode("utf-16-le") * 9, "UTF-16 without its mark"),
        ("number,name\nM1,x".encode("utf-16") + b"\0", "UTF-16"),
        (b"PK\x03\x04 no workbook", "no workbook"),
        (b"\xd0\xcf\x11\xe0 old", "old or password-protected"),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(tmp_path: Path, content: str | bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        read(csv(tmp_path, content))


def test_a_character_that_only_gb_18030_has_is_read(tmp_path: Path) -> None:
    assert read(csv(tmp_path, "病案号,姓名\nM1,朱镕基\nM2,王𱖎\n", "gb18030"))[1][1]["name"] == "王𱖎"


def test_a_row_that_is_longer_than_the_head_says_so(tmp_path: Path) -> None:
    rows = list(table_file.rows(csv(tmp_path, "number,name\nM1,x,,\nM2,x,y\n"), COLUMNS))
    assert [row.is_longer for row in rows] == [False, True]


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="larger than"):
        read(csv(tmp_path, "number,name\n"), FileLimits(bytes=5))


def workbook(tmp_path: Path, *rows: list[Any], **shown_as: str) -> Path:
    """A workbook with these rows below the head; `shown_as` gives formats to cells."""
    book = openpyxl.Workbook()
    for row in [["number", "name", "phone", "at"], *rows]:
        book.active.append(row)
    for cell, form in shown_as.items():
        book.active[cell].number_format = form
    file = tmp_path / "t.xlsx"
    book.save(file)
    return file


def test_cells_are_read_as_they_were_typed(tmp_path: Path) -> None:
    found = read(
        workbook(
            tmp_path,
            ["M1", 42, 13800000011, DAY],
            [42.0, True, 13800000011.5, DAY.replace(hour=9, minute=30)],
            [110101196001020028, "=A1", "x", date(2026, 11, 20)],
            [7, "n", "", time(9, 30)],
            A5="0000000",
        )
    )
    assert [list(cells.values()) for _, cells in found] == [
        ["M1", "42", "13800000011", "2026-11-20"],
        ["42", "yes", "13800000011.5", "2026-11-20 09:30:00"],
        ["1.10101196001020E+17", "=", "x", "2026-11-20"],
        ["0000007", "n", "", "09:30"],
    ]


@pytest.mark.parametrize("name", ["50-dimension-A1", "51-dimension-A1H1", "53-dimension-A1D6", "dim-src"])
def test_all_rows_are_read_whatever_the_sheet_says_of_its_size(name: str) -> None:
    assert [cells["number"] for _, cells in read(CASES / "xlsx" / f"{name}.xlsx")] == ["M1", "M2", "M3", "M4", "M5"]


def test_a_sheet_that_is_cut_off_is_refused_as_a_whole() -> None:
    with pytest.raises(UnreadableFile, match="read to its end"):
        read(CASES / "xlsx" / "60-cut-sheet.xlsx")


def made(tmp_path: Path, sheet: str) -> Path:
    """A workbook whose sheet was made by hand."""
    source = BytesIO()
    openpyxl.Workbook().save(source)
    file = tmp_path / "t.xlsx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            is_sheet = part.filename == "xl/worksheets/sheet1.xml"
            new.writestr(part.filename, sheet if is_sheet else old.read(part))
    return file


def sheet(rows: str, before: str = "", after: str = "</sheetData></worksheet>") -> str:
    """A sheet with the head and these rows."""
    return f'{before}<worksheet xmlns="{SPREADSHEET}"><sheetData>{HEAD}{rows}{after}'


ROW = '<row><c t="inlineStr"><is><t>M1</t></is></c><c t="inlineStr"><is><t>x</t></is></c></row>'
ENTITIES = "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(10))
LAUGHS = f'<!DOCTYPE x [<!ENTITY a "{"a" * 10}">{ENTITIES}]>'


@pytest.mark.parametrize(
    "content",
    [
        sheet('<row r="999999999"><c r="A999999999"><v>1</v></c></row>'),
        sheet(" " * 20_000_000),
        sheet('<row r="2"/>' * 2_000_000),
        sheet("<x>" * 200_000, after=""),
        sheet('<row><c t="inlineStr"><is><t>&k;</t></is></c></row>', before=LAUGHS),
        sheet(f'<row><c t="inlineStr"><is><t>{"x" * 20_000_000}</t></is></c></row>'),
        "",
        "<worksheet/>",
    ],
    ids=["gap", "blank", "empty rows", "deep", "entities", "long text", "nothing", "no rows"],
)
def test_a_workbook_that_was_made_to_cost_much_costs_little(tmp_path: Path, content: str) -> None:
    with pytest.raises(UnreadableFile):
        read(made(tmp_path, content))


@pytest.mark.parametrize(
    "far", ['<row r="1048576"><c r="A1048576"><v>1</v></c></row>', '<row><c r="XFD2"><v>1</v></c></row>' * 9]
)
def test_a_cell_far_away_does_not_make_every_row_as_long(tmp_path: Path, far: str) -> None:
    assert read(made(tmp_path, sheet(ROW + far)))[0] == (2, {"number": "M1", "name": "x"})


def test_the_reading_process_is_stopped_when_it_takes_too_much(tmp_path: Path) -> None:
    many = "".join(ROW.replace("M1", f"M{number}") for number in range(500_000))
    file = made(tmp_path, sheet(many))
    with pytest.raises(UnreadableFile, match="within 1 s"):
        read(file, FileLimits(seconds=1, unpacked_times=10_000))
    with pytest.raises(UnreadableFile, match=r"20 MB"):
        read(file, FileLimits(memory_bytes=20 << 20, unpacked_times=10_000))
    with pytest.raises(UnreadableFile, match="more than 50 cells"):
        read(file, FileLimits(cells=50, unpacked_times=10_000))
