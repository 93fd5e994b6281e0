"""The life of a review on both databases: who may do what, nothing lost, nothing overwritten, everything kept."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from console.web.app import create
from hotline.context import AppContext
from hotline.errors import Discard, NotFound
from hotline.models import Appeal, Calibration, DailySample, Job, Review, ReviewStep
from hotline.values.access import Role
from hotline.values.scorecard import ItemAnswer
from hotline.values.states.coaching import CoachingState
from hotline.values.states.review import ReviewState, Ruling
from qa.errors import InvalidAnswer, NotPermitted, StaleDraft, TextRequired, UnansweredItems, WrongReviewState
from qa.reviews import appeal_service, calibration_service, coaching_service, service
from qa.reviews.coaching_service import CoachingFinding, RecordingClip
from qa.reviews.service import ReviewDraft
from qa.sampling import service as sampling_service
from qa.sampling import targeted_service
from tests.support.quality_data import House, days_of_calls, filled, house, mark, published, read
from tests.support.staff import signed_in

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


@pytest.fixture
def here(context: AppContext) -> House:
    """The morning with two supervisors."""
    return house(context, NOW)


@pytest.fixture
def mine(context: AppContext, here: House) -> str:
    """A review that the first supervisor has begun."""
    review_id = targeted_service.choose(context.database, context.settings, here.call.id, here.users["supervisor"], NOW)
    service.take(context.database, context.settings, review_id, here.users["supervisor"], NOW)
    return review_id


def steps(context: AppContext, review_id: str) -> list[str]:
    with context.database.read() as session:
        query = select(ReviewStep.kind).where(ReviewStep.review_id == review_id).order_by(ReviewStep.id)
        return list(session.scalars(query))


def test_a_fresh_review_holds_the_machines_sure_answers_and_leaves_the_unsure_to_people(
    context: AppContext, mine: str
) -> None:
    answers = read(context, mine).answers
    assert answers["greeting"] == "yes"
    assert answers["self_id"] == "no"
    assert "confirm" not in answers  # unsure
    assert "forbidden" not in answers  # people answer it too


def test_a_draft_saved_on_an_older_version_changes_nothing_and_says_so(
    context: AppContext, here: House, mine: str
) -> None:
    user = here.users["supervisor"]
    saved = service.save(
        context.database, context.settings, mine, user, ReviewDraft(0, {"greeting": "no"}, {"comment": "begun"}), NOW
    )
    with pytest.raises(StaleDraft):
        service.save(context.database, context.settings, mine, user, ReviewDraft(0, {"greeting": "yes"}), NOW)
    review = read(context, mine)
    assert (saved.version, review.version, review.answers) == (1, 1, {"greeting": "no"})
    assert review.notes == {"comment": "begun"}
    same = service.save(
        context.database, context.settings, mine, user, ReviewDraft(0, {"greeting": "no"}, {"comment": "begun"}), NOW
    )
    assert same.version == 2, "the same once more is no conflict"


def test_what_is_incomplete_is_kept_and_not_published(context: AppContext, here: House, mine: str) -> None:
    with pytest.raises(UnansweredItems) as refused:
        service.publish(
            context.database, context.settings, mine, here.users["supervisor"], ReviewDraft(0, {"greeting": "yes"}), NOW
        )
    assert "knowledge" in refused.value.items
    review = read(context, mine)
    assert (review.state, review.answers) == (ReviewState.DRAFT, {"greeting": "yes"})


@pytest.mark.parametrize("answers", [{"no_such": "yes"}, {"greeting": "perhaps"}, {"attitude": "6"}])
def test_answers_that_the_scorecard_does_not_know_are_refused(
    context: AppContext, here: House, mine: str, answers: dict[str, str]
) -> None:
    with pytest.raises(InvalidAnswer):
        service.save(context.database, context.settings, mine, here.users["supervisor"], ReviewDraft(0, answers), NOW)


def test_a_fatal_fault_makes_the_score_nothing(context: AppContext, here: House, mine: str) -> None:
    answers = filled(context, read(context, mine), forbidden="yes")
    saved = service.save(
        context.database, context.settings, mine, here.users["supervisor"], ReviewDraft(0, answers), NOW
    )
    assert (saved.score, saved.is_fatal, saved.missing) == (0.0, True, ())


def test_nobody_takes_somebody_elses_review_nor_one_about_themselves(
    context: AppContext, here: House, mine: str
) -> None:
    with pytest.raises(NotPermitted):
        service.take(context.database, context.settings, mine, here.users["second"], NOW)
    with pytest.raises(NotPermitted):
        service.save(context.database, context.settings, mine, here.users["second"], ReviewDraft(0), NOW)
    service.release(context.database, mine, here.users["supervisor"], NOW)
    with pytest.raises(NotPermitted):
        service.take(context.database, context.settings, mine, here.users["agent"], NOW)
    service.take(context.database, context.settings, mine, here.users["second"], NOW)
    assert read(context, mine).reviewer_id == here.users["second"]


def test_an_agent_appeals_once_and_another_supervisor_rules(context: AppContext, here: House) -> None:
    review_id = published(context, here.call, here.users["supervisor"], NOW, self_id="no")
    before = read(context, review_id).score
    with pytest.raises(TextRequired):
        appeal_service.appeal(context.database, review_id, here.users["agent"], "  ", NOW)
    appeal_service.appeal(context.database, review_id, here.users["agent"], "我在第一句就报了工号。", NOW)
    with pytest.raises(WrongReviewState):
        appeal_service.appeal(context.database, review_id, here.users["agent"], "再申诉", NOW)
    with pytest.raises(WrongReviewState):
        service.acknowledge(context.database, review_id, here.users["agent"], NOW)
    answers = filled(context, read(context, review_id))
    ruling = Ruling.CHANGED

    def rule(user: str) -> None:
        by, reasons = here.users[user], "录音里听到了。"
        appeal_service.rule_on_appeal(
            context.database, context.settings, review_id, by, NOW, ruling=ruling, reasons=reasons, answers=answers
        )

    for user in ("supervisor", "agent"):
        with pytest.raises(NotPermitted):
            rule(user)
    rule("second")
    with context.database.read() as session:
        appeal = session.scalars(select(Appeal)).one()
    assert (appeal.score_before, appeal.score_after, appeal.decided_by) == (before, 100.0, here.users["second"])
    assert read(context, review_id).state is ReviewState.CHANGED
    with pytest.raises(WrongReviewState):
        rule("second")
    assert steps(context, review_id) == ["drawn", "taken", "published", "appealed", "changed"]


def test_a_ruling_that_upholds_changes_no_answer(context: AppContext, here: House) -> None:
    review_id = published(context, here.call, here.users["supervisor"], NOW, self_id="no")
    before = read(context, review_id)
    appeal_service.appeal(context.database, review_id, here.users["agent"], "不同意", NOW)
    appeal_service.rule_on_appeal(
        context.database,
        context.settings,
        review_id,
        here.users["second"],
        NOW,
        ruling=Ruling.UPHELD,
        reasons="没有报工号。",
        answers={"greeting": "no"},
    )
    after = read(context, review_id)
    assert (after.state, after.score, after.answers) == (ReviewState.UPHELD, before.score, before.answers)


def test_other_agents_do_not_even_learn_that_a_review_exists(context: AppContext, here: House, mine: str) -> None:
    with pytest.raises(NotFound):
        service.acknowledge(context.database, mine, here.users["agent"], NOW)  # not published yet
    review_id = mine
    with context.database.write() as session:
        session.execute(update(Review).where(Review.id == review_id).values(agent_id=here.made.agents["N03"].id))
    with pytest.raises(NotFound):
        appeal_service.appeal(context.database, review_id, here.users["agent"], "x", NOW)


def test_history_is_only_added_to(context: AppContext, mine: str) -> None:
    with context.database.write() as session:
        step = session.scalars(select(ReviewStep).where(ReviewStep.review_id == mine)).first()
        assert step is not None
        step.kind = "forged"
        with pytest.raises(TypeError, match="only added to"):
            session.flush()
        session.rollback()


def test_the_database_itself_refuses_a_second_review_of_a_call(context: AppContext, here: House, mine: str) -> None:
    first = read(context, mine)
    copy = Review(call_id=here.call.id, agent_id=first.agent_id, day=first.day, scorecard=first.scorecard)
    copy.added_at = NOW
    with context.database.write() as session:
        session.add(copy)
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()
    assert targeted_service.choose(context.database, context.settings, here.call.id, here.users["second"], NOW) == mine


def test_a_day_is_drawn_once_and_can_be_proven(context: AppContext, here: House) -> None:
    calls = days_of_calls(context, here.made, 1, 6, NOW)
    mark(context, calls[2], here.made.sound.id, NOW, long_silence=ItemAnswer.YES, forbidden=ItemAnswer.UNSURE)
    day = (NOW - timedelta(days=1)).date()
    assert sampling_service.due(context.database, context.settings, NOW) == [day]
    assert sampling_service.sweep(context, NOW) == 1
    assert sampling_service.sweep(context, NOW) == 0
    sampling_service.make(context, day.isoformat(), NOW)
    with pytest.raises(Discard):
        sampling_service.make(context, day.isoformat(), NOW)
    with context.database.read() as session:
        draw = session.scalars(select(DailySample)).one()
        found = list(session.scalars(select(Review).where(Review.sample_id == draw.id)))
        assert session.scalars(select(Job).where(Job.kind == sampling_service.JOB)).one().subject_id == day.isoformat()
    assert sampling_service.is_proven(draw)
    assert len(draw.frame) == 6
    assert sum(review.is_random for review in found) == 1
    pointed = next(review for review in found if review.call_id == calls[2].id)
    assert {"fatal", "long_silence"} <= set(pointed.reasons)
    draw.drawn = draw.drawn[1:]
    assert not sampling_service.is_proven(draw)


def test_a_call_chosen_by_hand_still_counts_as_random_when_chance_picks_it(context: AppContext, here: House) -> None:
    call = days_of_calls(context, here.made, 1, 1, NOW)[0]
    review_id = targeted_service.choose(context.database, context.settings, call.id, here.users["supervisor"], NOW)
    sampling_service.make(context, (NOW - timedelta(days=1)).date().isoformat(), NOW)
    review = read(context, review_id)
    assert review.is_random
    assert "chosen" in review.reasons


def calibration_of(context: AppContext, here: House, people: list[str]) -> str:
    """Open a round in which these people review the call; its id."""
    return calibration_service.open_round(
        context.database, context.settings, people[0], "三月", "service", NOW, calls=[here.call.id], people=people
    )


def test_a_calibration_is_blind_until_ones_own_part_is_done(context: AppContext, here: House) -> None:
    one, two = here.users["supervisor"], here.users["second"]
    with pytest.raises(InvalidAnswer):
        calibration_of(context, here, [one])
    made = calibration_of(context, here, [one, two, here.users["agent"]])
    with context.database.read() as session:
        sent = calibration_service.reviews_of_round(session, made)
    assert {review.reviewer_id for review in sent} == {one, two}
    own = next(review.id for review in sent if review.reviewer_id == one)
    other = next(review.id for review in sent if review.reviewer_id == two)
    with pytest.raises(NotPermitted):
        service.take(context.database, context.settings, other, one, NOW)
    service.take(context.database, context.settings, own, one, NOW)
    assert read(context, own).answers == {}, "the machine's answers would be no blind judgement"
    with context.database.read() as session:
        assert calibration_service.is_blind(session, here.call.id, one)
        row = session.get_one(Calibration, made)
        assert not calibration_service.may_see(calibration_service.reviews_of_round(session, made), row, one)
    for review_id, user in ((own, one), (other, two)):
        service.take(context.database, context.settings, review_id, user, NOW)
        answers = filled(context, read(context, review_id), self_id="no" if user == one else "yes")
        draft = ReviewDraft(read(context, review_id).version, answers)
        service.publish(context.database, context.settings, review_id, user, draft, NOW)
    with context.database.read() as session:
        sent = calibration_service.reviews_of_round(session, made)
        card = service.card_of(context.settings, sent[0])
        found = calibration_service.calibration_result(session, card, sent)
        assert not calibration_service.is_blind(session, here.call.id, one)
    items = {item.item: item for item in found.items}
    assert (items["self_id"].agreed, items["greeting"].agreed) == (0.0, 1.0)
    assert found.pairs[min(one, two), max(one, two)] is not None
    assert sorted(found.leans.values()) == pytest.approx([-found.leans[two], found.leans[two]])
    with context.database.read() as session:
        assert session.scalar(select(Review.id).where(Review.state == ReviewState.PUBLISHED)) is None


def test_coaching_goes_on_until_a_re_check_is_passed(context: AppContext, here: House) -> None:
    review_id = published(context, here.call, here.users["supervisor"], NOW, self_id="no")
    clip = RecordingClip(here.made.sound.id, 0.5, 3.0)
    finding = CoachingFinding("self_id", "开头报工号", date(2026, 3, 16), clip)
    made = coaching_service.begin(context.database, context.settings, review_id, here.users["supervisor"], finding, NOW)
    backwards = CoachingFinding(None, "x", date(2026, 3, 16), RecordingClip(here.made.sound.id, 3.0, 0.5))
    with pytest.raises(InvalidAnswer):
        coaching_service.begin(context.database, context.settings, review_id, here.users["supervisor"], backwards, NOW)
    with pytest.raises(NotFound):
        coaching_service.mark_done(context.database, made, here.users["second"], NOW)
    coaching_service.mark_done(context.database, made, here.users["agent"], NOW)
    with pytest.raises(NotPermitted):
        coaching_service.recheck(context.database, made, here.users["agent"], NOW, is_passed=True)
    coaching_service.recheck(
        context.database, made, here.users["second"], NOW, is_passed=False, due_on=date(2026, 3, 30)
    )
    coaching_service.mark_done(context.database, made, here.users["agent"], NOW)
    coaching_service.recheck(context.database, made, here.users["second"], NOW, is_passed=True, recheck_id=review_id)
    with context.database.read() as session:
        row = coaching_service.of_agent(session, here.made.agents["N01"].id)[0]
    assert (row.state, row.due_on, row.recheck_id) == (CoachingState.PASSED, date(2026, 3, 30), review_id)


def test_what_is_begun_without_a_day_is_due_on_the_local_one(context: AppContext, here: House) -> None:
    review_id = published(context, here.call, here.users["supervisor"], NOW, self_id="no")
    pages = create(context)
    with time_machine.travel(datetime(2026, 3, 2, 22, 30, tzinfo=UTC), tick=False):  # half past six in Shanghai
        person = signed_in(pages, Role.SUPERVISOR)
        person.send(f"/reviews/{review_id}/coaching", item="self_id", finding="开头报工号")
        assert "2026年3月3日" in person.open("/coaching").text
    pages.extensions["live"].close()
    with context.database.read() as session:
        assert [row.due_on for row in coaching_service.of_agent(session, None)] == [date(2026, 3, 3)]
