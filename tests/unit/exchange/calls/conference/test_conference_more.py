"""Conferences under live control: coaching, announcements, who speaks, who was removed."""

import asyncio
from collections.abc import Callable

import numpy as np
import pytest

from exchange.calls.conference.conference import REDIRECTED
from exchange.core.errors import DocumentError
from exchange.media.audio import RATE, level_db
from exchange.media.tones import tone
from exchange.verbs.announcement import announce, rendered_document
from exchange.webhooks.webhook import WebhookTarget
from tests.unit.exchange.stage import SITE, Stage, Story, Telephone

Staged = Callable[[Story], None]
ALL = "start end join leave mute hold modify speaker announcement"


def room(more: str = "") -> str:
    events = f'statusCallback="/events" statusCallbackEvent="{ALL}"'
    return f'<Dial><Conference beep="false" waitUrl="" {events} {more}>r</Conference></Dial>'


async def three(stage: Stage) -> list[Telephone]:
    stage.app.pages = {"/voice": room()}
    phones = [(await stage.dials(f"+86{name}"))[0] for name in "123"]
    await stage.passes(0.2)
    return phones


def events(stage: Stage, *, but: str = "") -> list[str]:
    told = [each["StatusCallbackEvent"] for each in stage.app.asked("/events")]
    return [each for each in told if not but or but not in each]


def test_coach_is_heard_by_the_one_who_is_coached_and_by_nobody_else(staged: Staged) -> None:
    # docs/voice/api/conference-participant-resource: "the only participant who can hear the participant who is
    # `coaching`"
    async def story(stage: Stage) -> None:
        patient, agent, supervisor = await three(stage)
        conference = stage.context.conferences.named("r")
        assert conference
        people = list(conference.participants.values())
        conference.modify(people[2], people[1].leg.sid, ends=False)
        supervisor.say(tone([900], 0.6))
        await stage.passes(0.4)
        assert level_db(agent.hears_now) > -20
        assert level_db(patient.hears_now) < -90
        await stage.passes(0.4)
        patient.say(tone([500], 0.6))
        await stage.passes(0.4)
        assert level_db(supervisor.hears_now) > -20
        assert level_db(agent.hears_now) > -20
        modified = [each for each in stage.app.asked("/events") if each["StatusCallbackEvent"] == "participant-modify"]
        assert (modified[0]["Coaching"], modified[0]["CallSidToCoach"]) == ("true", people[1].leg.sid)

    staged(story)


def test_coach_by_twiml(staged: Staged) -> None:
    # docs/voice/twiml/conference: "Coach accepts a call SID of a call that is currently connected to an in-
    # progress conference"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": room()}
        patient, _ = await stage.dials("+861")
        agent, leg = await stage.dials("+862")
        stage.app.pages = {"/voice": room(f'coach="{leg.sid}"')}
        coach, _ = await stage.dials("+863")
        coach.say(tone([900], 0.6))
        await stage.passes(0.4)
        assert level_db(agent.hears_now) > -20
        assert level_db(patient.hears_now) < -90

    staged(story)


def test_announcement_is_heard_by_all_or_by_one(staged: Staged) -> None:
    # docs/voice/api/conference-resource: "The URL we should call to announce something into the conference"
    async def story(stage: Stage) -> None:
        first, second, third = await three(stage)
        stage.app.pages["/announce"] = "<Say>attention</Say>"
        conference = stage.context.conferences.named("r")
        assert conference
        one = list(conference.participants.values())[1]
        for participant, hearing in ((None, [True, True, True]), (one, [False, True, False])):
            telling = asyncio.ensure_future(
                announce(stage.context, conference, WebhookTarget(f"{SITE}/announce"), participant)
            )
            await stage.passes(0.2)
            assert [level_db(phone.hears_now) > -20 for phone in (first, second, third)] == hearing
            await stage.passes(0.6)
            await telling
        assert events(stage, but="speech")[-2:] == ["announcement-end", "announcement-end"]

    staged(story)


def test_one_on_hold_hears_an_announcement_between_the_music(staged: Staged) -> None:
    # docs/voice/api/conference-participant-resource: "The URL we call using the `announce_method` for an
    # announcement to the participant"
    async def story(stage: Stage) -> None:
        first, *_ = await three(stage)
        stage.app.pages["/announce"] = "<Say>attention</Say>"
        conference = stage.context.conferences.named("r")
        assert conference
        one = next(iter(conference.participants.values()))
        conference.hold(one, is_held=True)
        await stage.passes(0.2)
        telling = asyncio.ensure_future(announce(stage.context, conference, WebhookTarget(f"{SITE}/announce"), one))
        await stage.passes(0.3)
        assert level_db(first.hears_now) > -20
        await stage.passes(0.5)
        await telling

    staged(story)


def test_announcement_that_cannot_be_had_is_told_and_disturbs_nobody(staged: Staged) -> None:
    # docs/voice/twiml/conference: "A participant or conference announcement has ended or failed"
    async def story(stage: Stage) -> None:
        await three(stage)
        conference = stage.context.conferences.named("r")
        assert conference
        for page in ("<Dial>1</Dial>", "<Say>"):
            stage.app.pages["/announce"] = page
            await announce(stage.context, conference, WebhookTarget(f"{SITE}/announce"), None)
        await stage.settles()
        assert events(stage, but="speech")[-2:] == ["announcement-fail", "announcement-fail"]
        assert conference.is_running

    staged(story)


def test_who_speaks_is_told_to_those_who_asked(staged: Staged) -> None:
    # docs/voice/twiml/conference: "`speaker`: A participant has started or stopped speaking"
    async def story(stage: Stage) -> None:
        first, *_ = await three(stage)
        await stage.passes(1)
        first.say(tone([300, 700], 0.6))
        await stage.passes(0.5)
        assert events(stage)[-1] == "participant-speech-start"
        await stage.passes(1)
        assert events(stage)[-1] == "participant-speech-stop"

    staged(story)


def test_one_who_is_removed_hears_nothing_more_and_ends_what_depends_on_it(staged: Staged) -> None:
    # docs/voice/api/conference-participant-resource: "Kick a participant from a given conference"
    async def story(stage: Stage) -> None:
        first, *_ = await three(stage)
        conference = stage.context.conferences.named("r")
        assert conference
        people = list(conference.participants.values())
        conference.leave(people[0], REDIRECTED, is_kicked=True)
        await stage.passes(0.1)
        assert first.ended == "completed"
        assert conference.is_running
        conference.modify(people[1], "", ends=True)
        conference.leave(people[1], REDIRECTED, is_kicked=True)
        await stage.passes(0.1)
        assert conference.reason == "participant-with-end-conference-on-exit-kicked"

    staged(story)


def test_recording_of_a_conference_leaves_the_coach_out(staged: Staged) -> None:
    # docs/voice/api/conference-participant-resource: "the only participant who can hear the participant who is
    # `coaching`"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": room('record="record-from-start" trim="do-not-trim"')}
        await stage.dials("+861")
        _, leg = await stage.dials("+862")
        stage.app.pages = {"/voice": room(f'coach="{leg.sid}"')}
        coach, _ = await stage.dials("+863")
        coach.say(tone([900], 1))
        await stage.passes(1.2)
        conference = stage.context.conferences.named("r")
        assert conference
        conference.end("conference-ended-via-api")
        await stage.settles()
        (facts,) = stage.context.recordings.facts.values()
        sound = stage.context.recordings.path(facts.sid).read_bytes()[44:]
        assert np.abs(np.frombuffer(sound, dtype="<i2")).max() < 100

    staged(story)


@pytest.mark.parametrize(("attribute", "code"), [('participantLabel="a"', 16025), ('coach="CA0"', 13240)])
def test_label_in_use_and_a_coach_of_nobody_stay_outside(staged: Staged, attribute: str, code: int) -> None:
    # docs/voice/twiml/conference: "The call will not be added into the conference and instead continue to the
    # next TwiML verb"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": room('participantLabel="a"')}
        await stage.dials("+861")
        stage.app.pages = {"/voice": room(attribute) + "<Say>alone</Say>"}
        second, _ = await stage.dials("+862")
        assert second.prompts == ["alone"]
        assert second.traces("error")[0]["code"] == code
        conference = stage.context.conferences.named("r")
        assert conference
        assert len(conference.participants) == 1

    staged(story)


def test_silence_at_both_ends_is_trimmed_from_the_recording_of_a_conference(staged: Staged) -> None:
    # docs/voice/twiml/conference: "`trim` defaults to `trim-silence`, which removes any silence at the beginning
    # or end of your recording"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": room('record="record-from-start"')}
        await stage.dials("+861")
        second, _ = await stage.dials("+862")
        await stage.passes(3)
        second.say(tone([900], 1))
        await stage.passes(4)
        conference = stage.context.conferences.named("r")
        assert conference
        conference.end("conference-ended-via-api")
        (facts,) = stage.context.recordings.facts.values()
        assert 1 <= facts.seconds <= 1.3

    staged(story)


def test_announcement_may_pause_and_lead_to_another_document(staged: Staged) -> None:
    # docs/voice/api/conference-resource: "a TwiML document that contains `<Play>`, `<Say>`, `<Pause>`, or
    # `<Redirect>` verbs"
    async def story(stage: Stage) -> None:
        stage.app.pages = {
            "/voice": room(),
            "/one": "<Say>one</Say><Pause/><Redirect>/two</Redirect><Say>never</Say>",
            "/two": "<Say>two</Say>",
            "/circle": "<Redirect>/circle</Redirect>",
        }
        pcm = await rendered_document(stage.context, WebhookTarget(f"{SITE}/one"), {})
        assert len(pcm) == 2 * RATE * 2
        with pytest.raises(DocumentError, match="circle"):
            await rendered_document(stage.context, WebhookTarget(f"{SITE}/circle"), {})

    staged(story)
