"""Numbers as people read them: dates, times, money, doses and pressures in both languages, and what stays words."""

import pytest

from hotline.values.language import Language
from recordings.transcripts.readable import readable


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("血压一百五十，九十五", "血压150/95"),
        ("血压150/95", "血压150/95"),
        ("我的血压是一百六到一百", "我的血压是160/100"),
        ("高压一百五，低压九十五", "高压150，低压95"),
        ("心率七十二", "心率72"),
        ("体温三十八点五度", "体温38.5度"),
        ("一百五十块", "150元"),
        ("三十二块五", "32.5元"),
        ("挂号费八块钱", "挂号费8元"),
        ("一共一万二千元", "一共12000元"),
        ("两块五毛", "2.5元"),
        ("每日三次，每次两片", "每日3次，每次2片"),
        ("每次零点五毫克", "每次0.5毫克"),
        ("五百毫克一片", "500毫克一片"),
        ("二零二六年三月十五号", "2026年3月15号"),
        ("三月十五日上午九点半", "3月15日上午9:30"),
        ("下午三点一刻", "下午3:15"),
        ("上午九点", "上午9点"),
        ("明天九点二十分", "明天9:20"),
        ("九点零五分", "9:05"),
        ("百分之九十五", "95%"),
        ("百分之九十九点五", "99.5%"),
        ("三分之一", "1/3"),
        ("今年六十五岁", "今年65岁"),
        ("住院二十三天", "住院23天"),
        ("三到五天", "3到5天"),
        ("五百三十八", "538"),
        ("在三楼五号诊室", "在3楼5号诊室"),
        ("工号一零二四", "工号1024"),
        ("请等一下", "请等一下"),
        ("十分抱歉", "十分抱歉"),
        ("千万别停药", "千万别停药"),
        ("万一不舒服", "万一不舒服"),
        ("三五天就好", "三五天就好"),
        ("七八个人", "七八个人"),
        ("十几天", "十几天"),
        ("周三和星期五", "周三和星期五"),
        ("一个一次", "一个一次"),
        ("有一点疼", "有一点疼"),
        ("十五分钟", "15分钟"),
        ("第三天", "第三天"),
        ("三甲医院", "三甲医院"),
        ("我们两个", "我们两个"),
        ("十分钟以后", "10分钟以后"),
    ],
)
def test_mandarin_is_written_as_people_read_it(said: str, read: str) -> None:
    assert readable(said, Language.MANDARIN) == read


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("in twenty twenty six", "in 2026"),
        ("nineteen ninety five", "1995"),
        ("March fifteenth", "March 15"),
        ("March twenty first, twenty twenty six", "March 21, 2026"),
        ("one hundred and fifty over ninety five", "150/95"),
        ("one fifty over ninety five", "150/95"),
        ("it is 150 over 95", "it is 150/95"),
        ("five hundred milligrams", "500 mg"),
        ("zero point five milligrams", "0.5 mg"),
        ("two tablets three times a day", "2 tablets 3 times a day"),
        ("thirty seven point five degrees", "37.5 degrees"),
        ("at nine thirty tomorrow", "at 9:30 tomorrow"),
        ("nine thirty a.m.", "9:30 a.m."),
        ("twenty five dollars", "25 dollars"),
        ("ninety five percent", "95%"),
        ("one hundred and twenty-eight", "128"),
        ("two thousand five hundred yuan", "2500 yuan"),
        ("one three eight double zero", "13800"),
        ("staff number one zero two four.", "staff number 1024."),
        ("one moment please", "one moment please"),
        ("no one told me", "no one told me"),
        ("I have two children", "I have two children"),
        ("I may call again", "I may call again"),
        ("sixty five years old", "65 years old"),
        ("It costs 1,500 yuan", "It costs 1,500 yuan"),
    ],
)
def test_english_is_written_as_people_read_it(said: str, read: str) -> None:
    assert readable(said, Language.ENGLISH) == read
