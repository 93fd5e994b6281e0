"""Who calls and who is called, in every form that telephones, switchboards and carriers write it."""

import pytest

from exchange.sip import uri

MOBILE = "+8613800138000"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("sip:+8613800138000@10.0.0.1", MOBILE),
        ("SIP:+8613800138000@10.0.0.1:5070;transport=udp", MOBILE),
        ("sips:+8613800138000@pbx.example", MOBILE),
        ("sip:%2B8613800138000@pbx.example;user=phone", MOBILE),
        ("sip:+86-138-0013-8000@pbx.example;user=phone", MOBILE),
        ("sip:+86(138)0013.8000@pbx.example", MOBILE),
        ("sip:+8613800138000;npdi;rn=+8613900000000@pbx.example;user=phone", MOBILE),
        ("sip:+8613800138000:secret@pbx.example", MOBILE),
        ("sip:+8613800138000@[2001:db8::1]:5060", MOBILE),
        ("sip:13800138000;phone-context=+86@pbx.example;user=phone", MOBILE),
        ("sip:13800138000;phone-context=%2B86@pbx.example;user=phone", MOBILE),
        ("sip:13800138000@pbx.example;user=phone;phone-context=+86", MOBILE),
        ("tel:+8613800138000", MOBILE),
        ("tel:+86-138-0013-8000;npdi", MOBILE),
        ("TEL:%2B8613800138000", MOBILE),
        ("tel:13800138000;phone-context=+86", MOBILE),
        ("tel:13800138000;phone-context=hospital.example", "13800138000"),
        ("sip:8001@10.0.0.1", "8001"),
        ("sip:ward-3@10.0.0.1", "sip:ward-3"),
        ("sip:%E6%8A%A4%E5%A3%AB@10.0.0.1", "sip:护士"),
        ("sip:a%40b@10.0.0.1", "sip:a@b"),
        ("sip:*97@10.0.0.1", "sip:*97"),
        ("sip:10.0.0.1", "sip:10.0.0.1"),
    ],
)
def test_an_address_means_the_same_number_however_it_is_written(written: str, meant: str) -> None:
    assert uri.address(written) == meant


@pytest.mark.parametrize(
    "header",
    [
        "<sip:+8613800138000@10.0.0.1>;tag=1",
        "sip:+8613800138000@10.0.0.1;tag=1",
        "tel:+8613800138000;tag=1",
        '"Ward <a> 3" <sip:+8613800138000@10.0.0.1>;tag=1',
        '"said \\"<sip:b@c>\\"" <sip:+8613800138000@10.0.0.1;user=phone>;tag=1',
        "Anna Li <sip:+8613800138000@10.0.0.1>;tag=1",
        '"护士站，三" <tel:+86-138-0013-8000>;tag=1',
        ' "" <sip:%2B8613800138000@10.0.0.1>',
    ],
)
def test_the_name_that_is_shown_beside_the_number_misleads_nobody(header: str) -> None:
    assert uri.caller(header) == MOBILE


@pytest.mark.parametrize(
    ("headers", "caller"),
    [
        ({}, "sip:8001"),
        ({"asserted": ["<sip:+8613800138000@carrier.example>"]}, MOBILE),
        ({"asserted": ['"A, B" <sip:anna@carrier.example>, <tel:+8613800138000>']}, MOBILE),
        ({"asserted": ["sip:anna@carrier.example", "tel:+8613800138000"]}, MOBILE),
        ({"remote": ['"x" <sip:13800138000@c;user=phone;phone-context=+86>;party=calling;privacy=off']}, MOBILE),
        ({"remote": ["<sip:+8610120@c>;party=called", "<sip:+8613800138000@c>;party=calling"]}, MOBILE),
        ({"remote": ["<sip:+8613800138000@c>;privacy=full"]}, uri.HIDDEN),
        ({"asserted": ["<tel:+8613800138000>"], "privacy": ["id"]}, uri.HIDDEN),
        ({"asserted": ["<tel:+8613800138000>"], "privacy": ["user; critical"]}, uri.HIDDEN),
        ({"asserted": ["<tel:+8613800138000>"], "privacy": ["none"]}, MOBILE),
    ],
)
def test_a_carrier_knows_better_who_calls_and_a_wish_to_be_hidden_counts(
    headers: dict[str, list[str]], caller: str
) -> None:
    expected = caller.removeprefix("sip:") if caller == "sip:8001" else caller
    assert uri.caller("<sip:8001@pbx.example>;tag=1", **headers) == expected


def test_anonymous_is_nobody_whatever_the_host() -> None:
    assert uri.caller('"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1') == uri.HIDDEN
    assert uri.caller("<sip:Anonymous@10.0.0.1>;tag=1") == uri.HIDDEN
    assert uri.caller("<sip:anonymous@anonymous.invalid>", ["<tel:+8613800138000>"]) == MOBILE
