"""Every process of a campaign killed at random points of its attempts: nobody twice, nothing lost, all at an end.

`CAMPAIGN_PEOPLE` says how many are called on each database.
"""

import os
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from sqlalchemy import func, select

from campaigns.planning import dialling_limits_file
from hotline.context import AppContext
from hotline.models import Attempt, Case, Job, Recipient
from hotline.values.states.attempt import AttemptState
from hotline.values.states.case import CaseKind, Urgency
from hotline.values.states.job import JobState
from hotline.values.states.recipient import RecipientState
from tests.integration.campaign_house import attempts_of, campaign
from tests.integration.campaign_storm import BESIDE, TO_DO, Storm

PEOPLE = int(os.environ.get("CAMPAIGN_PEOPLE", "16"))
ENDS = {RecipientState.DONE, RecipientState.REFUSED, RecipientState.STOPPED, RecipientState.WITH_PERSON}


def hasty(context: AppContext, folder: Path) -> AppContext:
    """The same with a provider that takes five calls a second."""
    law = dialling_limits_file.STANDARD.read_text("utf-8").replace(
        "calls_a_second: {value: 1,", "calls_a_second: {value: 5,"
    )
    (folder / "dialling_limits.yaml").write_text(law, "utf-8")
    return replace(
        context, settings=context.settings.model_copy(update={"dialling_limits_file": folder / "dialling_limits.yaml"})
    )


def test_killed_anywhere_nobody_is_dialled_twice_and_everyone_comes_to_an_end(
    context: AppContext, tmp_path: Path
) -> None:
    """Three attempts a person: whoever works dies at one step in 20, requests fail, reports are lost."""
    context = hasty(context, tmp_path)
    people = campaign(context, PEOPLE)
    storm = Storm(context, seed=1 if context.database.is_sqlite else 2)
    storm.blow()
    with context.database.read() as session:
        attempts = list(session.scalars(select(Attempt)))
        states = Counter(session.scalars(select(Recipient.state)))
        due = session.scalar(select(func.count()).select_from(Job).where(*TO_DO))
        failed = session.scalars(select(Job).where(Job.state == JobState.FAILED)).all()
    assert len(attempts) >= 3 * PEOPLE
    assert set(storm.killed) == {"pacing", "voice", "exchange", *BESIDE}
    # Nobody twice for an attempt; none without a row.
    assert set(storm.exchange.dialled().values()) == {1}
    assert set(storm.exchange.dialled()) <= {attempt.id for attempt in attempts}
    # No attempt lost: each ended, known how, and one of a person after the other.
    assert all(attempt.state is AttemptState.ENDED and attempt.outcome is not None for attempt in attempts)
    for person in people:
        tries = attempts_of(context, person)
        for before, after in pairwise(tries):
            assert before.ended_at is not None
            assert before.ended_at <= after.reserved_at
    # Everyone at an end of the table, and no work left.
    assert set(states) <= ENDS, states
    assert (due, failed) == (0, [])
    assert_signs_are_followed(context, attempts)


def assert_signs_are_followed(context: AppContext, attempts: list[Attempt]) -> None:
    """Each warning sign, of which no nurse was told, is one urgent case; each text was sent once."""
    warned = [attempt for attempt in attempts if attempt.warning_at is not None]
    assert warned
    with context.database.read() as session:
        query = select(Case).where(Case.kind == CaseKind.FOLLOW_UP, Case.urgency == Urgency.URGENT)
        cases = Counter(case.call_id for case in session.scalars(query))
    assert cases == Counter(attempt.call_id for attempt in warned)
