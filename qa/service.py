"""Quality supervision's writing side: the automatic checks of a call. One transaction per function."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from hotline import story
from hotline.errors import Discard
from hotline.ground import Ground
from hotline.models import Call, Check, Transcript, Utterance
from hotline.values import Language
from qa import checks as score
from qa import queries
from qa.check_phrases import Phrases, of
from qa.checks import CheckResult, Said


def check(ground: Ground, call_id: str, now: datetime) -> None:
    """Score the call from its transcripts and store one row per check; done again, the rows are brought up to date.

    Raises `Discard` when there is no transcript to check.
    """
    settings = ground.settings
    with ground.database.read() as session:
        call = session.get(Call, call_id)
        transcripts = queries.transcripts(session, call_id)
    if call is None or not transcripts:
        raise Discard("the call has no transcript")
    phrases = of(settings.checks_file)[call.language]
    results = results_of(transcripts, call.language, phrases, (settings.hospital_name_zh, settings.hospital_name_en))
    with ground.database.write() as session:
        queries.locked_call(session, call_id)
        for name, result in results.items():
            _store(session, call_id, name, result, now)
        passed = {name: result.passed for name, result in results.items()}
        story.tell(session, ground.bell, story.event(call_id, "checked", now, **passed))


def results_of(
    transcripts: Sequence[Transcript], language: Language, phrases: Phrases, hospital: Sequence[str]
) -> dict[str, CheckResult]:
    """The result of every check: the greeting in the first recording, courtesy in all of them."""
    said = [[_said(row) for row in transcript.utterances] for transcript in transcripts]
    return {
        "greeting": score.greeting(said[0], language, phrases, hospital),
        "courtesy": score.courtesy([one for part in said for one in part], language, phrases),
    }


def _said(row: Utterance) -> Said:
    return Said(row.speaker, row.start, row.end, row.text, row.id)


def _store(session: Session, call_id: str, name: str, result: CheckResult, now: datetime) -> None:
    row = queries.check(session, call_id, name)
    if row is None:
        row = Check(call_id=call_id, name=name, passed=result.passed, evidence=result.evidence, made_at=now)
        session.add(row)
    row.passed, row.evidence, row.made_at = result.passed, result.evidence, now
