"""Two who write the sound of the same thing at once: each under a name of its own, one is kept, the other deleted."""

import hashlib
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from hotline import clock
from hotline.context import AppContext
from hotline.errors import Discard
from hotline.models import Prompt, Report
from hotline.object_store.store import ObjectStore
from hotline.values.language import Language
from hotline.values.states.report import ReportState
from ivr.prompts import service as prompt_service
from qa.reports import service
from qa.reports.values import ReportRequest
from tests.integration.rivals import halfway
from tests.integration.transcripts_house import a_user

DIGEST = hashlib.sha256(b"a prompt").hexdigest()


def objects(context: AppContext) -> list[str]:
    folder = Path(context.settings.objects.removeprefix("file://"))
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]


def test_of_a_prompt_that_two_workers_speak_one_sound_is_kept(context: AppContext) -> None:
    with context.database.write() as session:
        session.add(Prompt(digest=DIGEST, language=Language.ENGLISH, text="Hello."))
    with halfway(context, Prompt, lambda: prompt_service.render(context, DIGEST, clock.now())):
        prompt_service.render(context, DIGEST, clock.now())
    with context.database.read() as session:
        kept = session.get_one(Prompt, DIGEST).blob
    assert objects(context) == [kept]
    assert prompt_service.audio(context.database, context.objects, DIGEST).startswith(b"RIFF")


def asked(context: AppContext) -> str:
    """A report that somebody asked for."""
    wanted = ReportRequest("quality", date(2026, 3, 2), date(2026, 3, 8))
    return service.request_report(
        context.database,
        context.notifier,
        a_user(context),
        wanted,
        clock.now(),
        file_format="xlsx",
        language=Language.ENGLISH,
    )


def report(context: AppContext, report_id: str) -> Report:
    with context.database.read() as session:
        return session.get_one(Report, report_id)


def test_of_a_report_that_two_workers_make_one_file_is_kept(context: AppContext) -> None:
    report_id = asked(context)

    def make() -> None:
        with suppress(Discard):
            service.make_report(context, report_id, clock.now())

    with halfway(context, Report, make):
        make()
    made = report(context, report_id)
    assert (made.state, made.progress, objects(context)) == (ReportState.READY, 1.0, [made.blob])
    assert service.report_file(context.objects, made).startswith(b"PK")


class Full(ObjectStore):
    """A store on a full disk."""

    def __init__(self, real: ObjectStore) -> None:
        self.__dict__.update(real.__dict__)

    def put(self, name: str, plain: bytes, about: str) -> str:
        del name, plain, about
        raise OSError("no space left on device")


def test_a_report_that_failed_is_made_by_a_later_try(context: AppContext) -> None:
    report_id = asked(context)
    with pytest.raises(OSError, match="space"):
        service.make_report(replace(context, objects=Full(context.objects)), report_id, clock.now())
    assert report(context, report_id).state is ReportState.FAILED
    service.make_report(context, report_id, clock.now())
    assert report(context, report_id).state is ReportState.READY
