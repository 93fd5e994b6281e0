"""Telephone numbers as the field writes them: what is read, what is refused and why, without repeating it."""

import re
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.values import phone_numbers
from hotline.values.phone_numbers import PhoneNumber

CASES = Path(__file__).resolve().parents[3] / ".." / "shared" / "cases"
MOBILES = st.from_regex(
    r"1(3[0-35-9]|5[0-35-9]|8\d|9[0-35-9])\d{8}", fullmatch=True, alphabet=st.characters(max_codepoint=127)
)
# No landline of Beijing or Shanghai begins with 800: 10800 and 21800 are numbers that the called one pays for.
LANDLINES = st.from_regex(
    r"0(10|2[0-57-9]|571|755)[2-8]\d{7}", fullmatch=True, alphabet=st.characters(max_codepoint=127)
).filter(lambda digits: not digits.startswith(("010800", "021800")))
NOISE = st.sampled_from(("", " ", "-", "\u3000", "\u200b", "\u2013", "－", "\xa0", "\ufeff"))


def reason(text: str, area_code: str = "") -> str:
    """Why this text is refused."""
    with pytest.raises(ValueError, match=r"\A(is|has|holds) ") as refusal:
        phone_numbers.parse(text, area_code=area_code)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13800138000", "+8613800138000"),
        ("138-0013-8000", "+8613800138000"),
        ("138 0013 8000", "+8613800138000"),
        ("138.0013.8000", "+8613800138000"),
        ("１３８００１３８０００", "+8613800138000"),
        ("13８００138000", "+8613800138000"),
        ("13800138000.0", "+8613800138000"),
        ("'13800138000", "+8613800138000"),
        ("\u202d13800138000\u202c", "+8613800138000"),
        ("\ufeff138\u200b00138000", "+8613800138000"),
        ("13800138000#", "+8613800138000"),
        ("13,800,138,000", "+8613800138000"),
        ("手机：13800138000", "+8613800138000"),
        ("013800138000", "+8613800138000"),
        ("+8613800138000", "+8613800138000"),
        ("008613800138000", "+8613800138000"),
        ("0086 138 0013 8000", "+8613800138000"),
        ("8613800138000", "+8613800138000"),
        ("(86)13800138000", "+8613800138000"),
        ("（＋８６）13800138000", "+8613800138000"),
        ("086-13800138000", "+8613800138000"),
        ("19147005807", "+8619147005807"),
        ("010-66880000", "+861066880000"),
        ("(010)66880000", "+861066880000"),
        ("010/66880000", "+861066880000"),
        ("+86 10 66880000", "+861066880000"),
        ("+86(0)10 6688 0000", "+861066880000"),
        ("86-010-66880000", "+861066880000"),
        ("861066880000", "+861066880000"),
        ("0571-88888888", "+8657188888888"),
        ("0751-3812345", "+867513812345"),
        ("+12125550143", "+12125550143"),
        ("0085291234567", "+85291234567"),
        ("+886 912 345 678", "+886912345678"),
        ("+33 1 42 68 53 00", "+33142685300"),
    ],
)
def test_a_number_as_it_is_written_is_read(text: str, number: str) -> None:
    assert phone_numbers.parse(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "010-62345678转801",
        "010-62345678 转 801",
        "010-62345678转分机801",
        "010-62345678分机801",
        "010-62345678分机号：801",
        "010-62345678 ext 801",
        "01062345678ext.801",
        "010-62345678x801",
        "010-62345678#801",
        "010－62345678－801",
        "010-62345678,801",
        "010-62345678（转801）",
        "+86 10 62345678-801",
        "+861062345678;ext=801",
    ],
)
def test_an_extension_stays_with_its_landline(text: str) -> None:
    assert phone_numbers.parse(text) == "+861062345678;ext=801"
    assert phone_numbers.split("+861062345678;ext=801") == ("+861062345678", "801")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13800138000/010-62345678", "+8613800138000"),
        ("010-62345678；13800138000", "+8613800138000"),
        ("010-62345678转801、13800138000", "+8613800138000"),
        ("13800138000或13900139000", "+8613800138000"),
        ("13800138000 13900139000", "+8613800138000"),
        ("010-62345678\n13800138000", "+8613800138000"),
        ("无/13800138000", "+8613800138000"),
        ("1380000001O/13800138000", "+8613800138000"),
        ("010-62345678/021-62345678", "+861062345678"),
        ("010-62345678/79", "+861062345678"),
    ],
)
def test_of_several_numbers_the_first_usable_mobile_is_taken(text: str, number: str) -> None:
    assert phone_numbers.parse(text) == number


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        (" \u3000\u200b", "is empty"),
        ("林晓", "are the columns swapped"),
        ("1.38E+10", "rounded"),
        ("1,38E+10", "rounded"),
        ("13800000011.5", "fraction"),
        ("1380013800.5", "fraction"),
        ("1380000001O", "letter O"),
        ("l3800000011", "letter"),
        ("138****0011", "masked"),
        ("13800000011（儿子）", "write the number alone"),
        ("①3800000011", "no digits"),
        ("86+13800138000", "write the number alone"),
        ("11111111111", "row of digits"),
        ("12345678901", "row of digits"),
        ("00000000", "row of digits"),
        ("110", "service"),
        ("95588", "service"),
        ("12345", "service"),
        ("400-123-4567", "service"),
        ("8001234567", "service"),
        ("+86 400 123 4567", "service"),
        ("1064912345678", "machines"),
        ("10690123456", "machines"),
        ("14012345678", "machines"),
        ("13491234567", "satellite"),
        ("17401234567", "satellite"),
        ("+870773111632", "no number abroad"),
        ("66880000", "area code"),
        ("66880000-8", "area code"),
        ("+86 66880000", "area code"),
        ("0571-8888888", "no landline"),
        ("010-12320", "no landline"),
        ("010-12345678", "no landline"),
        ("0571-8888888-8", "write the number whole"),
        ("2125550143", "zero of its area code"),
        ("138001380", "no telephone number of China"),
        ("12", "too few"),
        ("138001380001", "no telephone number"),
        ("1380013800013900139000", "too many"),
        ("91234567", "needs +"),
        ("85291234567", "needs +"),
        ("+1900 555 0123", "no number abroad"),
        ("+9991234567", "no country"),
        ("13800138000转801", "mobiles have no extension"),
        ("010-62345678转8001转2", "behind its extension"),
        ("010-62345678转1234567", "too long"),
    ],
)
def test_what_reaches_nobody_is_refused_with_its_reason_and_not_repeated(text: str, why: str) -> None:
    told = reason(text)
    assert why in told
    assert not text.strip() or text not in told
    assert not re.search(r"\d", told)


def test_the_default_area_code_stands_before_a_local_number_alone() -> None:
    assert phone_numbers.parse("66880000", area_code="010") == "+861066880000"
    assert phone_numbers.parse("6688 0000转801", area_code="010") == "+861066880000;ext=801"
    assert phone_numbers.parse("0571-88888888", area_code="010") == "+8657188888888"
    assert "no landline" in reason("3812345", "010")
    assert "needs +" in reason("91234567", "010")


def test_the_numbers_of_the_field_are_read_or_refused_and_never_somebody_elses() -> None:
    cells = {}
    for file in sorted((CASES / "csv").glob("phone-*.csv")):
        heads, row = file.read_text("utf-8-sig").split("\n")[:2]
        text = dict(zip(heads.split(","), row.split(","), strict=True))["phone"]
        found = PhoneNumber.parse(text)
        cells[file.stem.removeprefix("phone-")] = found.e164 if found else None
    assert cells == {
        "00": "+8613800138000",
        "01": None,
        "03": "+861066880000;ext=8",
        "05": None,
        "23": None,
        "25": None,
        "28": None,
        "32": None,
    }


def test_the_best_of_several_fields_is_a_mobile() -> None:
    assert phone_numbers.best(["", "010-66880000", "13800000011"]) == "+8613800000011"
    assert phone_numbers.best(["95588", "010-66880000"]) == "+861066880000"
    with pytest.raises(ValueError, match="service"):
        phone_numbers.best(["", "95588"])
    with pytest.raises(ValueError, match="empty"):
        phone_numbers.best([])


@pytest.mark.parametrize(
    ("parts", "number"),
    [
        (("86", "10", "66880000"), "+861066880000"),
        (("", "571", "88880000"), "+8657188880000"),
        (("", "0571", "88880000"), "+8657188880000"),
        (("86", "", "13800000011"), "+8613800000011"),
        (("+86", "", "13800000011"), "+8613800000011"),
        (("", "", "13800000011"), "+8613800000011"),
        (("86", "10", "66880000", "8"), "+861066880000;ext=8"),
        (("1", "415", "5550100"), "+14155550100"),
    ],
)
def test_a_number_in_parts_is_put_together(parts: tuple[str, ...], number: str) -> None:
    assert phone_numbers.parse(phone_numbers.from_parts(*parts)) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [("95588", "+8695588"), ("4001234567", "+864001234567"), ("1066880000", "+861066880000"), ("anonymous", None)],
)
def test_whoever_calls_is_looked_up_even_from_a_number_that_is_never_dialled(text: str, number: str | None) -> None:
    assert phone_numbers.caller_id(text) == number


@given(
    st.text(alphabet="0123456789+-() .转x#;/、O\u200b８", max_size=24) | st.text(max_size=24),
    st.sampled_from(("", "010", "0755")),
)
def test_whatever_is_read_is_valid_and_stays_the_same_when_read_again(text: str, area_code: str) -> None:
    try:
        number = phone_numbers.parse(text, area_code=area_code)
    except ValueError:
        return
    base, extension = phone_numbers.split(number)
    assert phonenumbers.is_valid_number(phonenumbers.parse(base))
    assert re.fullmatch(r"\+\d{8,15}", base)
    assert extension == "" or extension.isdigit()
    assert phone_numbers.parse(number, area_code=area_code) == number
    assert phone_numbers.caller_id(base) == base


@given(
    MOBILES, st.lists(NOISE, min_size=10, max_size=10), st.sampled_from(("", "+86", "0086", "86", "(86)", "+86-", "０"))
)
def test_noise_between_the_digits_of_a_mobile_changes_nothing(digits: str, noise: list[str], prefix: str) -> None:
    written = "".join(digit + sign for digit, sign in zip(digits, [*noise, ""], strict=True))
    try:
        expected = phone_numbers.parse(digits)
    except ValueError:
        return
    assert phone_numbers.parse(prefix + written) == expected == f"+86{digits}"


@given(
    LANDLINES, st.sampled_from(("{}{}", "{}-{}", "({}){}", "{} {}", "({}) {}", "+86 {} {}", "0086{}-{}", "86-{}-{}"))
)
def test_every_way_to_write_a_landline_is_one_number(digits: str, form: str) -> None:
    area = digits[:3] if digits[1] in "12" else digits[:4]
    written = form.format(area, digits[len(area) :])
    assert phone_numbers.parse(written) == f"+86{digits[1:]}"
    halves = f"{area}-{digits[len(area) : -4]}-{digits[-4:]}"
    assert phone_numbers.parse(halves) == f"+86{digits[1:]}"
    for extension in ("转801", "-801", " ext. 801", "#801"):
        assert phone_numbers.parse(written + extension) == f"+86{digits[1:]};ext=801"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13800000001", "+8613800000001"),
        ("+86 138 0000 0001", "+8613800000001"),
        ("010-66880000", "+861066880000"),
        ("+14155550100", "+14155550100"),
        ("anonymous", None),
        ("", None),
        ("1", None),
    ],
)
def test_numbers_are_read_as_dialled_in_china(text: str, number: str | None) -> None:
    parsed = PhoneNumber.parse(text)
    assert (parsed.e164 if parsed else None) == number


def test_masked_number_shows_only_its_ends() -> None:
    assert PhoneNumber("+8613800000001").masked == "+86138****0001"
