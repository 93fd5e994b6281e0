"""What other people write, taken apart within limits: numbers, encodings, addresses, sentences, cookies, countries."""

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.core import foreign_text
from exchange.core.config import WebhookLimits
from exchange.core.errors import DocumentError
from exchange.core.numbering import countries
from exchange.flow.messages.segments import segments
from exchange.media import decoder
from exchange.speech import sentences, ssml
from exchange.webhooks import charset, document, twiml
from exchange.webhooks.cookies import MOST_COOKIES, CallCookies
from exchange.webhooks.overrides import split
from exchange.webhooks.twiml import Element
from exchange.webhooks.urls import written
from exchange.webhooks.webhook import WebhookResponse
from tests.calls.exchange.made import documents
from tests.support import sound_files as made
from tests.unit.exchange.stage import SITE

HEAD = '<?xml version="1.0" encoding="{}"?><Response><Say>{}</Say></Response>'


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", 7),
        ("007", 7),
        ("0", 0),
        ("", None),
        ("-1", None),
        ("²", None),
        ("٣", None),
        ("1e3", None),
        ("9" * 4400, 10**18),
    ],
)
def test_number_of_any_length_is_read_or_is_none(text: str, number: int | None) -> None:
    assert foreign_text.whole(text) == number


def test_attributes_with_numbers_of_4400_digits_count_as_the_most_that_is_allowed() -> None:
    element = Element("Gather", {"numDigits": "9" * 4400, "loop": "0" * 4400 + "3", "timeout": "²"})
    assert (element.number("numDigits", 1, 0, 50), element.number("loop", 1), element.number("timeout", 5)) == (
        50,
        3,
        5,
    )


def test_connection_overrides_that_are_no_numbers_change_nothing() -> None:
    limits = WebhookLimits()
    assert split(f"http://a/b#rc=²&ct=٣&rt={'9' * 4400}", limits) == ("http://a/b", limits)


@pytest.mark.parametrize("rate", ["²%", "٣%", "nan", "%", "-5%", "1e9%"])
def test_pace_that_is_no_number_is_the_usual_one(rate: str) -> None:
    (say,) = twiml.parse(f'<Response><Say><prosody rate="{rate}">b</prosody></Say></Response>'.encode())
    assert ssml.pieces(say) == ("b",)


def test_break_of_sixty_thousand_digits_takes_no_time_to_read() -> None:
    element = Element("Say", children=(), content=(Element("break", {"time": "9" * 60_000 + "x"}),))
    began = time.process_time()
    assert ssml.pieces(element) == (0.25,)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("encoding", ["GBK", "gb2312", "gb18030", "big5", "utf-8", "utf-16", "shift_jis"])
def test_document_in_the_encoding_it_declares_is_read(encoding: str) -> None:
    text = "日本人" if encoding == "shift_jis" else "您好"
    (say,) = twiml.parse(HEAD.format(encoding, text).encode(encoding))
    assert say.text == text


@pytest.mark.parametrize("encoding", ["klingon", "zip", "rot13", "punycode", "unicode_escape", "x" * 59])
def test_document_in_an_encoding_nobody_knows_is_12100(encoding: str) -> None:
    with pytest.raises(DocumentError) as caught:
        twiml.parse(HEAD.format(encoding, "hello").encode())
    assert caught.value.code == 12100
    with pytest.raises(DocumentError):
        twiml.parse(b"<Response/>", charset=encoding)


def test_charset_of_the_answer_counts_more_than_the_declaration() -> None:
    answer = WebhookResponse(
        200, {"Content-Type": 'text/xml; Charset="gbk"'}, HEAD.format("utf-8", "您好").encode("gbk")
    )
    assert document.read(answer)[0].text == "您好"
    plain = WebhookResponse(200, {"Content-Type": "text/plain; charset=gb2312"}, "您好".encode("gbk"))
    assert document.read(plain)[0].text == "您好"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<Response>" + b"<a>" * 3000 + b"</a>" * 3000 + b"</Response>", 12100),
        (b"<Response>" + b"<a/>" * 16_000 + b"</Response>", 12100),
        (b"<Response><Say>" + b"a" * 70_000 + b"</Say></Response>", 11750),
    ],
    ids=["depth", "elements", "size"],
)
def test_document_beyond_the_limits_has_a_code(body: bytes, code: int) -> None:
    with pytest.raises(DocumentError) as caught:
        twiml.parse(body)
    assert caught.value.code == code


def test_plain_text_beyond_64_kb_is_refused_unread() -> None:
    with pytest.raises(DocumentError) as caught:
        document.read(WebhookResponse(200, {"Content-Type": "text/plain"}, is_cut=True))
    assert caught.value.code == 11750


def test_empty_answer_in_chunks_has_twilios_own_code() -> None:
    # docs/api/errors/11770: "Twilio received a HTTP response with Transfer-encoding: chunked but an empty body"
    with pytest.raises(DocumentError) as caught:
        document.read(WebhookResponse(200, {"Content-Type": "text/xml", "Transfer-Encoding": "chunked"}))
    assert caught.value.code == 11770


def test_documents_made_by_chance_are_read_or_have_a_code() -> None:
    codes = set()
    for body in documents(1500, seed=3):
        try:
            for element in twiml.parse(body):
                ssml.pieces(element)
                element.number("timeout", 5)
        except DocumentError as error:
            codes.add(error.code)
    assert codes == {11750, 12100}


@given(body=st.binary(max_size=300), named=st.text(max_size=20))
def test_any_bytes_in_any_encoding_are_a_document_or_a_fault(body: bytes, named: str) -> None:
    try:
        twiml.parse(b"<Response>" + body + b"</Response>", named)
        charset.text_of(body, named).encode()
    except (DocumentError, ValueError):
        pass


@pytest.mark.parametrize(
    ("url", "encoded"),
    [
        ("http://app.test/a?b=c%20d", "http://app.test/a?b=c%20d"),
        ("http://app.test/a b/ü?c=号", "http://app.test/a%20b/%C3%BC?c=%E5%8F%B7"),
        ("http://münchen.example:8080/x", "http://xn--mnchen-3ya.example:8080/x"),
        ("http://ü:p@app.test/x y", "http://%C3%BC:p@app.test/x%20y"),
    ],
)
def test_address_is_encoded_where_it_must_be_and_nowhere_else(url: str, encoded: str) -> None:
    assert written(url) == encoded


@pytest.mark.parametrize(
    "url",
    ["http://a b/", "http://a:70000/", "http://a:0/", "http://a:x/", "http://a\n/", "http://", "http://a/\udcff", "x"],
)
def test_address_that_cannot_be_asked_is_none(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        written(url)


def test_long_text_is_cut_at_sentences_and_loses_no_letter() -> None:
    text = "One sentence of about thirty letters. " * 30 + "Pi is 3.14, about. " + "号" * 450 + "。好,的" * 60
    pieces = sentences.cut(text)
    assert max(map(len, pieces)) <= sentences.LONGEST
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(piece.endswith(".") for piece in pieces[:4])
    assert sentences.cut("Short. It stays. As it is.") == ["Short. It stays. As it is."]


@given(st.text(max_size=700))
def test_any_text_is_cut_without_loss(text: str) -> None:
    assert "".join("".join(sentences.cut(text, 50)).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("a" * 100, 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 307, 3),
        ("€" * 81, 2),
        ("号" * 70, 1),
        ("号" * 71, 2),
        ("", 1),
    ],
)
def test_message_has_as_many_segments_as_its_alphabet_needs(body: str, count: int) -> None:
    # docs/glossary/what-sms-character-limit: "160 characters ... GSM-7", "70 ... UCS-2"; 153 and 67 each of several
    assert segments(body) == count


def test_countries_and_numbers_without_one() -> None:
    assert (countries.country_of("+8613800138000"), countries.country_of("+14155551212")) == ("CN", "US")
    assert (countries.country_of("client:a"), countries.country_of("+"), countries.country_of("+999")) == ("", "", "")
    assert countries.international("(415) 555-1212", "US") == "+14155551212"
    assert countries.international("110", "CN") is None
    assert countries.whereabouts("From", "client:a") == {}


def test_cookies_keep_path_domain_and_expiry() -> None:
    # docs/voice/twiml: "Twilio accepts HTTP cookies and will include them in each request, just like a normal web
    # browser"
    async def story() -> None:
        jar = CallCookies()
        jar.keep(
            f"{SITE}/voice",
            ("a=1; Path=/menu", "b=2", "old=3; Max-Age=0", "c=4; Domain=other.test"),
        )
        assert jar.header(f"{SITE}/voice") == "b=2"
        assert set(jar.header(f"{SITE}/menu/x").split("; ")) == {"a=1", "b=2"}
        assert jar.header("http://elsewhere.test/voice") == ""
        jar.keep(f"{SITE}/voice", ("b=; Expires=Thu, 01 Jan 1970 00:00:00 GMT",))
        assert jar.header(f"{SITE}/voice") == ""

    asyncio.run(story())


def test_cookies_of_one_call_are_no_more_than_fifty() -> None:
    async def story() -> None:
        jar = CallCookies()
        for number in range(20):
            jar.keep(f"{SITE}/", tuple(f"c{number}-{each}=1" for each in range(9)))
        assert len(jar.header(f"{SITE}/").split("; ")) <= MOST_COOKIES + 9

    asyncio.run(story())


def test_only_the_plainest_files_are_decoded_on_the_media_clocks_own_thread() -> None:
    plain = made.riff(made.form(made.PCM, 16), made.chunk(b"data", bytes(16_000)))
    assert decoder.is_light(plain)
    assert decoder.is_light(bytes(range(256)), "audio/basic")
    for heavy in (
        made.riff(made.form(made.PCM, 16, rate=1), made.chunk(b"data", bytes(1500))),
        made.riff(made.form(made.PCM, 16), made.chunk(b"data", bytes(200_000))),
        made.riff(made.form(made.PCM, 16), made.chunk(b"LIST", bytes(40)), made.chunk(b"data", bytes(1600))),
        made.long_silence(1)[:50_000],
    ):
        assert not decoder.is_light(heavy, "audio/wav", "/a.wav")
