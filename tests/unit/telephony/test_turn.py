"""The caller in a webhook, in every form that providers write addresses."""

import pytest

from telephony.turn import parse

MOBILE = "+8613800138000"


@pytest.mark.parametrize(
    "sender",
    [
        "+8613800138000",
        "13800138000",
        "+86-138-0013-8000",
        "sip:+8613800138000@hospital.sip.twilio.com",
        "sip:+8613800138000@hospital.sip.twilio.com:5060;transport=UDP",
        "sips:+8613800138000@hospital.example",
        "SIP:%2B8613800138000@10.0.0.1;user=phone",
        "sip:+86-138-0013-8000@10.0.0.1",
        "sip:+8613800138000;npdi;rn=+8613900000000@10.0.0.1;user=phone",
        "sip:13800138000;phone-context=+86@10.0.0.1",
        "sip:13800138000@10.0.0.1;user=phone",
        "sip:+8613800138000@[2001:db8::1]:5060",
        "sip:+8613800138000:secret@10.0.0.1",
        "tel:+8613800138000",
        "tel:+86-138-0013-8000;npdi",
        "tel:13800138000;phone-context=+86",
        '"Ward <a> 3" <sip:+8613800138000@10.0.0.1>;tag=1',
        "<tel:+8613800138000>",
        "sip:+8613800138000@" + "a" * 90 + ".example",
    ],
)
def test_a_caller_is_the_same_person_however_their_number_is_written(sender: str) -> None:
    caller = parse({"From": sender}).caller
    assert caller is not None
    assert caller.e164 == MOBILE


@pytest.mark.parametrize(
    "sender",
    [
        "",
        "anonymous",
        "sip:anonymous@anonymous.invalid",
        "sip:+266696687@10.0.0.1",
        "+266696687",
        "client:zhang",
        "client:13800138000",
        "sip:ward3@10.0.0.1",
        "sip:10.0.0.1",
        "sip:13800138000",
        "mailto:13800138000@example.com",
        "tel:",
        "sip:@",
        '"<sip:+8613800138000@h>"',
    ],
)
def test_who_is_hidden_or_has_no_number_is_nobody(sender: str) -> None:
    assert parse({"From": sender}).caller is None
