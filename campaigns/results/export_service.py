"""Results going back: every recipient with their answers as CSV or XLSX, and as FHIR QuestionnaireResponse.

De-identified on request: then no name, number or birth date leaves, only ids of ours.
"""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import xlsxwriter
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.dialling import queries
from hotline.database.database import Database
from hotline.errors import NotFound
from hotline.models import Answer, Campaign, Discharge, Recipient
from hotline.values.states.recipient import RecipientState

CHUNK = 500
PERSONAL = ("patient_number", "name", "birth_date", "phone")
PLAIN = (
    "recipient",
    "ward",
    "condition",
    "step",
    "discharged_on",
    "state",
    "reason",
    "tries",
    "reached_at",
    "ended_at",
)


class ExportRow(NamedTuple):
    """A recipient with what the table says of them."""

    recipient: Recipient
    discharge: Discharge | None
    answers: list[Answer]


def rows(database: Database, name: str) -> Iterator[ExportRow]:
    """Yield the recipients of a campaign with their answers, some at a time. Raises `NotFound`."""
    with database.read() as session:
        campaign = queries.by_name(session, name)
    if campaign is None:
        raise NotFound(f"no campaign {name!r}")
    last = ""
    while True:
        with database.read() as session:
            some = _some(session, campaign, last)
        if not some:
            return
        last = some[-1].recipient.id
        yield from some


def _some(session: Session, campaign: Campaign, last: str) -> list[ExportRow]:
    query = (
        select(Recipient, Discharge)
        .outerjoin(Discharge, Discharge.id == Recipient.discharge_id)
        .where(Recipient.campaign_id == campaign.id, Recipient.id > last)
        .order_by(Recipient.id)
        .limit(CHUNK)
    )
    pairs = list(session.execute(query))
    answers: dict[str, list[Answer]] = defaultdict(list)
    ids = [recipient.id for recipient, _ in pairs]
    for answer in session.scalars(select(Answer).where(Answer.recipient_id.in_(ids)).order_by(Answer.at, Answer.id)):
        answers[answer.recipient_id].append(answer)
    return [ExportRow(recipient, discharge, answers[recipient.id]) for recipient, discharge in pairs]


def questions(database: Database, name: str) -> list[str]:
    """Return the questions that were answered in this campaign."""
    with database.read() as session:
        campaign = queries.by_name(session, name)
        query = select(Answer.question).join(Recipient, Recipient.id == Answer.recipient_id)
        names = session.scalars(query.where(Recipient.campaign_id == (campaign.id if campaign else "")).distinct())
        return sorted(names)


def cells(row: ExportRow, asked: list[str], *, is_named: bool) -> list[str]:
    """Return one line of the table."""
    recipient, discharge, answers = row
    given = {answer.question: answer for answer in answers}
    personal = [discharge.patient_number if discharge else "", recipient.name, recipient.birth_date, recipient.number]
    plain = [
        recipient.id,
        recipient.ward,
        recipient.condition,
        recipient.step,
        discharge.discharged_on.isoformat() if discharge else "",
        recipient.state.value,
        recipient.reason,
        str(recipient.tries),
        recipient.reached_at.isoformat(timespec="seconds") if recipient.reached_at else "",
        recipient.ended_at.isoformat(timespec="seconds") if recipient.ended_at else "",
    ]
    values = [_shown(given.get(question)) for question in asked]
    return [_safe(text) for text in [*(personal if is_named else []), *plain, *values]]


def _shown(answer: Answer | None) -> str:
    if answer is None:
        return ""
    return f"{answer.value}: {answer.verbatim}" if answer.verbatim and answer.verbatim != answer.value else answer.value


def _safe(text: str) -> str:
    """Escape what a spreadsheet takes for a formula: what a patient said must never be one."""
    return (
        f"'{text}"
        if text[:1] in {"=", "@", "\t", "\r"} or (text[:1] in {"+", "-"} and not text[1:].isdigit())
        else text
    )


def head(asked: list[str], *, is_named: bool) -> list[str]:
    """Return the first line of the table."""
    return [*(PERSONAL if is_named else ()), *PLAIN, *asked]


def to_csv(database: Database, name: str, file: Path, *, is_named: bool) -> int:
    """Write the table as CSV in UTF-8 with its mark (spreadsheets need it); how many recipients."""
    asked = questions(database, name)
    count = 0
    with file.open("w", encoding="utf-8-sig", newline="") as text:
        table = csv.writer(text)
        table.writerow(head(asked, is_named=is_named))
        for row in rows(database, name):
            table.writerow(cells(row, asked, is_named=is_named))
            count += 1
    return count


def to_xlsx(database: Database, name: str, file: Path, *, is_named: bool) -> int:
    """Write the table as a workbook, in little memory; how many recipients."""
    asked = questions(database, name)
    book = xlsxwriter.Workbook(str(file), {"constant_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet("recipients")
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, head(asked, is_named=is_named), book.add_format({"bold": True}))
    count = 0
    for row in rows(database, name):
        count += 1
        sheet.write_row(count, 0, cells(row, asked, is_named=is_named))
    book.close()
    return count


def to_fhir(database: Database, name: str, file: Path, *, is_named: bool) -> int:
    """Write one QuestionnaireResponse a line (NDJSON) for everyone who answered anything; how many."""
    count = 0
    with file.open("w", encoding="utf-8") as text:
        for recipient, discharge, answers in rows(database, name):
            if answers:
                made = response(recipient, discharge if is_named else None, answers)
                text.write(json.dumps(made, ensure_ascii=False) + "\n")
                count += 1
    return count


def response(recipient: Recipient, discharge: Discharge | None, answers: list[Answer]) -> dict[str, Any]:
    """Return the answers of one recipient as a FHIR R4 QuestionnaireResponse, checked by its model."""
    raw: dict[str, Any] = {
        "resourceType": "QuestionnaireResponse",
        "id": recipient.id,
        "identifier": {"system": "urn:hotline:recipient", "value": recipient.id},
        "questionnaire": f"urn:hotline:script:{recipient.script}",
        "status": "completed" if recipient.state is RecipientState.DONE else "in-progress",
        "authored": max(answer.at for answer in answers).isoformat(timespec="seconds"),
        "item": [_item(answer) for answer in answers],
    }
    if discharge is not None:
        raw["subject"] = {"type": "Patient", "identifier": {"type": _MEDICAL_RECORD, "value": discharge.patient_number}}
    QuestionnaireResponse.model_validate(raw)
    return raw


_MEDICAL_RECORD = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]}


def _item(answer: Answer) -> dict[str, Any]:
    value: dict[str, Any] = {"valueString": answer.value or "-"}
    if answer.figure is not None:
        value = {"valueDecimal": answer.figure}
    given = [value, *([{"valueString": answer.verbatim}] if answer.verbatim else [])]
    return {"linkId": answer.question, "answer": given}
