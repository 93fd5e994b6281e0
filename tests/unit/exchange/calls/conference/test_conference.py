"""Conferences: when they start and end, who hears whom, and the events."""

from collections.abc import Callable

import pytest

from exchange.calls.conference.conference import BY_API
from exchange.media.audio import level_db
from exchange.media.tones import tone
from exchange.media.wav_file import wav_header
from exchange.webhooks.webhook import WebhookResponse
from tests.unit.exchange.stage import SITE, Stage, Story, Telephone

Staged = Callable[[Story], None]
EVENTS = 'statusCallback="/events" statusCallbackEvent="start end join leave mute hold"'
LOUD, SILENT = -20, -80
SOUND = wav_header(1, 16_000) + tone([600], 1.0)


def room(extra: str = "") -> str:
    return f'<Dial action="/out"><Conference beep="false" waitUrl="/music" {EVENTS} {extra}>room</Conference></Dial>'


def events(stage: Stage) -> list[str]:
    return [params["StatusCallbackEvent"] for params in stage.app.asked("/events")]


async def says(stage: Stage, telephone: Telephone) -> None:
    telephone.say(tone([600], 0.3))
    await stage.passes(0.2)


def test_first_hears_the_wait_address_until_the_second_comes(staged: Staged) -> None:
    # docs/voice/twiml/conference: "Once the TwiML document located at the `waitUrl` runs out of verbs to execute,
    # silence will be played"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": room(), "/music": '<Say>wait</Say><Pause length="2"/>'}
        first, _ = await stage.dials()
        await stage.passes(6)
        assert first.prompts == ["wait"]
        assert level_db(first.hears_now) < SILENT
        assert events(stage) == ["participant-join"]
        second, _ = await stage.dials("+8613800000002")
        assert events(stage) == ["participant-join", "participant-join", "conference-start"]
        await stage.passes(5)
        assert first.prompts == ["wait"]
        await says(stage, second)
        assert level_db(first.hears_now) > LOUD
        assert level_db(second.hears_now) < SILENT

    staged(story)


@pytest.mark.parametrize(("music", "failures", "code"), [("", [500], 11200), ("<Gather/>", [], 13238)])
def test_wait_address_that_fails_keeps_the_caller_out(
    staged: Staged, music: str, failures: list[int], code: int
) -> None:
    # docs/voice/twiml/conference: "If the request to your waitUrl fails, the Conference will not be fully
    # established"; docs/api/errors/13238: "can only contain Say, Play, Pause, and Redirect verbs"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": room(), "/music": music, "/out": "<Say>out</Say>"}
        stage.app.failures = {"/music": failures}
        caller, _ = await stage.dials()
        assert caller.prompts == ["out"]
        assert stage.app.asked("/out")[0]["DialCallStatus"] == "failed"
        assert caller.traces("error")[0]["code"] == code

    staged(story)


def test_sound_at_the_wait_address_is_played_once(staged: Staged) -> None:
    # docs/voice/twiml/conference: "runs out of verbs to execute, silence will be played"; that a bare sound is no
    # exception is what others who run on Twilio report.
    async def story(stage: Stage) -> None:
        sound = WebhookResponse(200, {"Content-Type": "audio/wav"}, SOUND, f"{SITE}/music")
        stage.app.pages = {"/voice": room(), "/music": sound}
        caller, _ = await stage.dials()
        await stage.passes(0.2)
        assert level_db(caller.hears_now) > LOUD
        await stage.passes(1.5)
        assert level_db(caller.hears_now) < SILENT

    staged(story)


def test_time_limit_takes_one_out_of_a_conference(staged: Staged) -> None:
    # docs/voice/twiml/conference: "You can set a timeLimit, after which you'll be removed from the conference"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": room().replace("<Dial", '<Dial timeLimit="3"'), "/out": "<Say>out</Say>"}
        first, _ = await stage.dials()
        stage.app.pages["/voice"] = room()
        second, _ = await stage.dials("+8613800000002")
        await stage.passes(2.5)
        assert not first.prompts
        await stage.passes(0.6)
        assert first.prompts == ["out"]
        assert not second.ended

    staged(story)


def test_who_leaves_is_told_with_the_reason(staged: Staged) -> None:
    # docs/voice/twiml/conference: "ReasonParticipantLeft: The reason the participant left the conference. Will be one
    # of: conference_ended_via_api moderator_ended_conference participant_updated_via_api participant_hung_up"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": room('participantLabel="host" endConferenceOnExit="true"')}
        host, _ = await stage.dials()
        stage.app.pages["/voice"] = room()
        await stage.dials("+8613800000002")
        _, third = await stage.dials("+8613800000003")
        await stage.redirects(third, "<Pause/>")
        host.hang_up()
        await stage.passes(0.1)
        left = [each for each in stage.app.asked("/events") if each["StatusCallbackEvent"] == "participant-leave"]
        assert [(each["ReasonParticipantLeft"], each["ParticipantCallStatus"]) for each in left] == [
            ("participant_updated_via_api", "in-progress"),
            ("participant_hung_up", "completed"),
            ("moderator_ended_conference", "in-progress"),
        ]
        assert stage.app.asked("/events")[-1]["ParticipantLabelEndingConference"] == "host"

    staged(story)


def test_conference_does_not_start_before_one_who_may_start_it(staged: Staged) -> None:
    # docs/voice/twiml/conference: "they are muted and hear background music until a participant joins where
    # startConferenceOnEnter is `true`"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": room('startConferenceOnEnter="false"')}
        await stage.dials()
        await stage.dials("+8613800000002")
        assert "conference-start" not in events(stage)
        stage.app.pages["/voice"] = room()
        await stage.dials("+8613800000003")
        assert events(stage)[-1] == "conference-start"

    staged(story)


def test_one_on_whom_it_depends_ends_it_for_all(staged: Staged) -> None:
    # docs/voice/twiml/conference: "when that participant leaves, the conference ends and all other participants
    # drop out"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": room('endConferenceOnExit="true"'), "/out": "<Say>over</Say>"}
        first, _ = await stage.dials()
        second, leg = await stage.dials("+8613800000002")
        await stage.passes(4)
        second.hang_up()
        await stage.passes(0.1)
        assert first.prompts == ["over"]
        assert events(stage)[-3:] == ["participant-leave", "participant-leave", "conference-end"]
        end = stage.app.asked("/events")[-1]
        assert end["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"
        assert end["CallSidEndingConference"] == leg.sid
        assert stage.app.asked("/out")[0]["DialCallStatus"] == "answered"

    staged(story)


def test_sequence_numbers_of_the_events_go_up_by_one(staged: Staged) -> None:
    # docs/voice/twiml/conference: "`SequenceNumber`: 1. Sent on: All"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": room()}
        first, _ = await stage.dials()
        second, _ = await stage.dials("+8613800000002")
        first.hang_up()
        second.hang_up()
        await stage.passes(0.1)
        assert [p["SequenceNumber"] for p in stage.app.asked("/events")] == ["1", "2", "3", "4", "5", "6"]
        assert events(stage)[-1] == "conference-end"

    staged(story)


def test_muted_participant_hears_but_is_not_heard(staged: Staged) -> None:
    # docs/voice/twiml/conference: "the participant will only be able to listen to people on the conference"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": room()}
        first, leg = await stage.dials()
        second, _ = await stage.dials("+8613800000002")
        conference = stage.context.conferences.named("room")
        assert conference
        conference.mute(conference.participants[leg.sid], is_muted=True)
        await says(stage, first)
        assert level_db(second.hears_now) < SILENT
        await stage.passes(0.5)
        await says(stage, second)
        assert level_db(first.hears_now) > LOUD
        assert events(stage)[-1] == "participant-mute"

    staged(story)


def test_held_participant_hears_the_hold_address_and_the_others_do_not_hear_it(staged: Staged) -> None:
    # docs/voice/api/conference-participant-resource: "The URL we call using the `hold_method` for music that
    # plays when the participant is on hold"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": room(), "/hold": '<Say>on hold</Say><Pause length="9"/>'}
        first, leg = await stage.dials()
        second, _ = await stage.dials("+8613800000002")
        conference = stage.context.conferences.named("room")
        assert conference
        participant = conference.participants[leg.sid]
        participant.hold_url = "http://app.test/hold"
        conference.hold(participant, is_held=True)
        await stage.passes(0.1)
        assert first.prompts[-1] == "on hold"
        await says(stage, first)
        assert level_db(second.hears_now) < SILENT
        conference.hold(participant, is_held=False)
        await stage.passes(0.4)
        await says(stage, second)
        assert level_db(first.hears_now) > LOUD
        assert events(stage)[-2:] == ["participant-hold", "participant-unhold"]

    staged(story)


def test_three_hear_the_two_others_mixed(staged: Staged) -> None:
    # docs/voice/twiml/conference: "The conference has begun and audio is being mixed between all participants"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": room()}
        phones = [(await stage.dials(f"+861380000000{n}"))[0] for n in (1, 2, 3)]
        await stage.passes(0.2)
        for phone in phones[:2]:
            phone.say(tone([600], 0.3, -20))
        await stage.passes(0.2)
        one, both = level_db(phones[0].hears_now), level_db(phones[2].hears_now)
        assert 5 < both - one < 7

    staged(story)


def test_one_led_elsewhere_leaves_and_the_other_stays(staged: Staged) -> None:
    # docs/voice/twiml/conference: "The last participant has left the conference or a participant with
    # `endConferenceOnExit="true"` leaves"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": room()}
        first, leg = await stage.dials()
        second, _ = await stage.dials("+8613800000002")
        await stage.redirects(leg, '<Say>elsewhere</Say><Pause length="9"/>')
        assert first.prompts == ["elsewhere"]
        assert not second.ended
        assert events(stage)[-1] == "participant-leave"

    staged(story)


def test_ending_by_api_lets_everybody_go_on_with_their_document(staged: Staged) -> None:
    # docs/voice/twiml/conference: "allow either call leg to continue executing TwiML if the other hangs up"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": room(), "/out": "<Say>bye</Say>"}
        phones = [(await stage.dials(f"+861380000000{n}"))[0] for n in (1, 2)]
        conference = stage.context.conferences.named("room")
        assert conference
        conference.end(BY_API)
        await stage.passes(0.1)
        assert [phone.prompts for phone in phones] == [["bye"], ["bye"]]
        assert stage.app.asked("/events")[-1]["ReasonConferenceEnded"] == BY_API

    staged(story)


def test_events_go_where_the_first_participant_said(staged: Staged) -> None:
    # docs/voice/twiml/conference: "The `statusCallback` URL is set by the **first** Participant to join the conference"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": room()}
        await stage.dials()
        stage.app.pages["/voice"] = room().replace("/events", "/other")
        await stage.dials("+8613800000002")
        assert len(events(stage)) == 3
        assert not stage.app.asked("/other")

    staged(story)


def test_beep_is_heard_by_those_inside(staged: Staged) -> None:
    # docs/voice/twiml/conference: "Plays a beep both when a participant joins and when a participant leaves"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": room().replace('beep="false"', "")}
        first, _ = await stage.dials()
        await stage.passes(0.5)
        await stage.dials("+8613800000002")
        await stage.passes(0.1)
        assert level_db(first.hears_now) > LOUD

    staged(story)


def test_conference_recording_is_reported_when_the_conference_is_over(staged: Staged) -> None:
    # docs/voice/twiml/conference: "the recording begins when the first two participants are bridged. The hold
    # music is never recorded"
    async def story(stage: Stage) -> None:
        how = 'record="record-from-start" trim="do-not-trim" recordingStatusCallback="/recorded"'
        stage.app.pages = {"/voice": room(how)}
        phones = [(await stage.dials(f"+861380000000{n}"))[0] for n in (1, 2)]
        await stage.passes(3)
        for phone in phones:
            phone.hang_up()
        await stage.passes(0.1)
        told = stage.app.asked("/recorded")[0]
        assert told["RecordingDuration"] == "3"
        assert told["ConferenceSid"] == stage.app.asked("/events")[0]["ConferenceSid"]

    staged(story)
