"""Telephony without a line: words, documents, signatures, and parameters as they come."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from hotline.values.language import Language
from hotline.values.phone_numbers import PhoneNumber
from hotline.values.states.leg import LegStatus
from hotline.values.states.recording import RecordingState
from telephony import turn, vendor_words
from telephony.errors import UnknownWord
from telephony.provider import signature, twiml
from telephony.verbs import Enqueue, Gather, Hangup, JoinConference, Leave, Pause, Play, Redirect, Reject, Say

VALID = st.characters(blacklist_categories=["Cs", "Cc"])


@pytest.mark.parametrize(
    "table", [vendor_words.LEG_STATUSES, vendor_words.QUEUE_RESULTS, vendor_words.RECORDING_STATES]
)
def test_every_word_of_ours_is_reached_by_a_word_of_the_provider(table: dict[str, object]) -> None:
    ours = {type(word) for word in table.values()}
    assert len(ours) == 1
    missing = set(next(iter(ours))) - set(table.values())  # type: ignore[call-overload] # an enumeration
    assert missing <= {RecordingState.STORED, RecordingState.TRANSCRIBED, RecordingState.PURGED}


@pytest.mark.parametrize("look_up", [vendor_words.leg_status, vendor_words.queue_result, vendor_words.recording_state])
def test_unknown_word_raises(look_up: object) -> None:
    with pytest.raises(UnknownWord, match="in no table"):
        look_up("no-such-word")  # type: ignore[operator] # one of three functions


def test_verbs_become_the_documents_that_the_provider_reads() -> None:
    text = twiml.render(
        [
            Say("您好 & <再见>", Language.MANDARIN),
            Gather("/next", (Play("/a.wav"), Pause(1)), 1, 5),
            Enqueue("booking", "/wait", "/left"),
            JoinConference("c1", "/after", "/events", starts=True, ends=False),
            Redirect("/r"), Play("/music.wav", 0), Leave(), Reject("busy"), Hangup(),
        ]
    )  # fmt: skip
    root = ElementTree.fromstring(text)  # noqa: S314 (our own document)
    assert [child.tag for child in root] == [
        "Say", "Gather", "Enqueue", "Dial", "Redirect", "Play", "Leave", "Reject", "Hangup",
    ]  # fmt: skip
    assert (root[0].text, root[0].attrib) == ("您好 & <再见>", {"language": "zh-CN"})
    assert root[1].attrib == {
        "action": "/next", "actionOnEmptyResult": "true", "finishOnKey": "", "input": "dtmf", "numDigits": "1",
        "timeout": "5",
    }  # fmt: skip
    assert [child.tag for child in root[1]] == ["Play", "Pause"]
    assert root[3][0].attrib == {
        "beep": "false", "endConferenceOnExit": "false", "startConferenceOnEnter": "true", "statusCallback": "/events",
        "statusCallbackEvent": "start end join leave", "waitUrl": "",
    }  # fmt: skip
    assert root[5].attrib == {"loop": "0"}


def test_a_slow_sentence_names_a_voice_that_understands_the_pace() -> None:
    (say,) = ElementTree.fromstring(twiml.render([Say("您好 & <再见>", Language.MANDARIN, is_slow=True)]))  # noqa: S314
    assert say.attrib == {"language": "zh-CN", "voice": "Polly.Zhiyu"}
    assert (say[0].tag, say[0].attrib, say[0].text) == ("prosody", {"rate": "slow"}, "您好 & <再见>")


@given(st.dictionaries(st.text(VALID, min_size=1, max_size=20), st.text(VALID, max_size=30), max_size=8))
def test_signature_holds_for_what_was_signed_and_for_nothing_else(form: dict[str, str]) -> None:
    url = "http://voice.test/voice/calls"
    signed = signature.sign(url, form, "token")
    assert signature.is_genuine(url, form, signed, "token")
    assert signature.is_genuine(url, MultiDict(form), signed, "token")
    assert not signature.is_genuine(url + "/x", form, signed, "token")
    assert not signature.is_genuine(url, form | {"more": "1"}, signed, "token")
    assert not signature.is_genuine(url, form, signed, "another")
    assert not signature.is_genuine(url, form, None, "token")
    assert not signature.is_genuine(url, form, "签名", "token")


def test_signature_covers_every_value_of_a_repeated_parameter() -> None:
    form = MultiDict([("a", "1"), ("a", "2")])
    signed = signature.sign("http://v", form, "t")
    assert signature.is_genuine("http://v", form, signed, "t")
    assert not signature.is_genuine("http://v", MultiDict([("a", "1"), ("a", "3")]), signed, "t")


def test_turn_reads_what_the_provider_sends() -> None:
    found = turn.parse(
        {"CallSid": "CA1", "From": "+8613800000001", "Digits": "*", "CallStatus": "in-progress", "SequenceNumber": "2"}
    )
    assert found.caller == PhoneNumber("+8613800000001")
    assert (found.digits, found.status, found.sequence) == ("*", LegStatus.ANSWERED, 2)


@pytest.mark.parametrize("hidden", ["", "anonymous", "+266696687", "client:zhang", "sip:a@b", "+", "１２３", "x" * 500])
def test_hidden_or_foreign_caller_has_no_number(hidden: str) -> None:
    assert turn.parse({"From": hidden}).caller is None


@given(
    st.dictionaries(
        st.sampled_from(
            ["CallSid", "From", "To", "Digits", "CallStatus", "SequenceNumber", "QueueResult", "QueuePosition",
             "RecordingStatus", "RecordingDuration", "DialCallStatus", "ErrorCode", "StatusCallbackEvent", "Other"]
        ),
        st.text(max_size=60),
    )
)  # fmt: skip
def test_turn_never_raises_and_keeps_only_what_it_knows(form: dict[str, str]) -> None:
    found = turn.parse(form)
    assert found.digits is None or set(found.digits) <= set("0123456789*#ABCDabcd")
    assert found.call_sid is None or found.call_sid.isascii()
    assert found.caller is None or found.caller.e164.startswith("+")
