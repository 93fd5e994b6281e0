"""ICD-10 as it is written in Chinese hospitals, dates as hospitals write them, and signs of death."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.importing.fields import dates, deaths, diagnoses

ZONE = "Asia/Shanghai"


@pytest.mark.parametrize(
    ("text", "codes", "words"),
    [
        ("I50.9", ("I50.9",), ""),
        ("I509", ("I50.9",), ""),
        ("i50.9；e11", ("I50.9", "E11"), ""),
        ("Ｉ５０．９", ("I50.9",), ""),
        ("I50.900x018", ("I50.900x018",), ""),
        ("I10.x00x032", ("I10.x00x032",), ""),
        ("I10.X00X032", ("I10.x00x032",), ""),
        ("E11.2† N08.3*", ("E11.2", "N08.3"), ""),
        ("E11.200+N08.3*", ("E11.200", "N08.3"), ""),
        ("A18.0†M49.0*", ("A18.0", "M49.0"), ""),
        ("I50.9/E11.9|I10、J18.9", ("I50.9", "E11.9", "I10", "J18.9"), ""),
        ("I50.900 心力衰竭", ("I50.900",), "心力衰竭"),
        ("I50.900心力衰竭", ("I50.900",), "心力衰竭"),
        ("心力衰竭", (), "心力衰竭"),
        ("维生素B12缺乏", (), "维生素B12缺乏"),
        ("S52.521A", ("S52.521A",), ""),
        ("U07.1", ("U07.1",), ""),
        ("I50.9 I50.9", ("I50.9",), ""),
        ("heart", (), "heart"),
        ("", (), ""),
    ],
)
def test_codes_are_read_as_they_are_written_and_text_is_kept(text: str, codes: tuple[str, ...], words: str) -> None:
    assert diagnoses.read(text) == (codes, words)


def test_a_morphology_is_no_diagnosis() -> None:
    assert diagnoses.read("C34.900x001 M80100/3")[0] == ("C34.900x001",)


@given(st.text(max_size=60))
def test_no_text_is_refused(text: str) -> None:
    codes, words = diagnoses.read(text)
    diagnoses.condition(text, codes, words)
    deaths.by_words(text)
    deaths.by_date(text)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-20", date(2026, 11, 20)),
        ("2026/11/20 0:00", date(2026, 11, 20)),
        ("2026年11月20日", date(2026, 11, 20)),
        ("20261120", date(2026, 11, 20)),
        ("20261120103000.123+0800", date(2026, 11, 20)),
        ("20261119233000+0000", date(2026, 11, 20)),
        ("2026-11-19T23:30:00Z", date(2026, 11, 20)),
        ("2026-11-20T00:30:00+09:00", date(2026, 11, 19)),
        ("2026-11-20 下午", date(2026, 11, 20)),
        ("２０２６-11-20", date(2026, 11, 20)),
    ],
)
def test_a_day_is_the_hospitals_own(text: str, day: date) -> None:
    assert dates.day(text, ZONE) == day


@pytest.mark.parametrize("text", ["2026", "2026-11", "202611", "2026年11月"])
def test_a_part_of_a_date_is_no_day_and_has_a_last_one(text: str) -> None:
    with pytest.raises(ValueError, match="the day is needed"):
        dates.day(text, ZONE)
    assert dates.last_day(text, ZONE) == (date(2026, 12, 31) if text == "2026" else date(2026, 11, 30))


@pytest.mark.parametrize("text", ["03/04/2026", "2026-02-30", "soon", "0000-00-00", "99999999999999"])
def test_what_is_no_date_says_so(text: str) -> None:
    with pytest.raises(ValueError, match=r"day|date"):
        dates.day(text, ZONE)
    assert dates.last_day(text, ZONE) is None


def test_a_moment_with_a_time_of_day_goes_before_a_day_alone() -> None:
    assert dates.moment(("20261121", "20261121080000"), ZONE) == datetime.fromisoformat("2026-11-21T08:00:00+08:00")
    assert dates.moment(("20261121", ""), ZONE) == datetime.fromisoformat("2026-11-21T00:00:00+08:00")
    assert dates.moment(("", "x"), ZONE) is None


@given(st.text(alphabet="0123456789-/T:Z+年月日. ", max_size=25))
def test_no_text_of_a_date_is_a_fault_of_ours(text: str) -> None:
    dates.last_day(text, ZONE)
    dates.moment((text,), ZONE)


@pytest.mark.parametrize("text", ["死亡", "院内死亡", "Expired", "died at home", "猝死", "病人去世"])
def test_words_of_death_are_known(text: str) -> None:
    assert deaths.by_words(text)


@pytest.mark.parametrize(
    "text", ["未死亡", "胎儿死亡", "胎死宫内", "死胎", "心肌坏死", "risk of death", "not expired", ""]
)
def test_words_of_other_things_are_not(text: str) -> None:
    assert not deaths.by_words(text)


@pytest.mark.parametrize("text", ["Y", "true", "１", "是", "死亡", "患者已去世", "20261130", "2026-11", "2026"])
def test_a_sign_of_death_is_one_also_as_a_word_or_as_its_date(text: str) -> None:
    assert deaths.by_sign(text)


@pytest.mark.parametrize(
    "text", ["", '""', "N", "false", "0", "否", "未死亡", "未亡故", "无病故", "alive", "健在", "00000000", "1234"]
)
def test_what_tells_of_no_death_is_no_sign(text: str) -> None:
    assert not deaths.by_sign(text)
