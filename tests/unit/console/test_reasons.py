"""Why a phone rang, in the language of the page: no reason of the ladder or the green channel stays as it is."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from console.calls import event_text
from console.web.language import words
from hotline.values.language import Language
from routing.ladder.candidates import Agent
from routing.ladder.floor_state import OWNER, Caller, Floor, Start
from routing.ladder.ladder import BESIDE, decide
from routing.queues import priority_patients, queues_file
from routing.queues.queues import OverflowKind, Way

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
RULES = queues_file.read_file(queues_file.STANDARD, ZoneInfo("Asia/Shanghai"))
CHINESE = re.compile("[\u4e00-\u9fff]")
AGENT = Agent("a", {"booking": 3, "nurse": 3, "cardiology": 2, "zh-CN": 5}, NOW, 8.0)
CALLER = Caller("c", {"booking": 1, "zh-CN": 1}, 0, NOW - timedelta(seconds=30), preferred_agent_id="a", because=OWNER)
HELP = ((Way(OverflowKind.NURSE, "nurse", 0), {"nurse": 3}),)


def reasons_of(agent: Agent, caller: Caller) -> list[str]:
    floor = Floor((agent,), (caller,), ())
    return [why for one in decide(floor, NOW, 5.0) if isinstance(one, Start) for why in one.reasons]


def tell(reason: str, language: Language = Language.MANDARIN) -> str:
    return event_text.why(words(language), reason, RULES)


def test_every_reason_is_told_in_chinese_on_a_chinese_page() -> None:
    everything = priority_patients.Facts(70, True, True, True, True, NOW.date())
    reasons = [
        *reasons_of(AGENT, CALLER),
        *reasons_of(replace(AGENT, is_set_aside=True), replace(CALLER, wish={"doctor": 1}, helpers=HELP)),
        *priority_patients.priority_of(RULES.green, everything, 0, NOW.date())[1],
        BESIDE,
    ]
    assert len(reasons) > 15
    assert [reason for reason in reasons if not CHINESE.search(tell(reason))] == []


def test_moments_are_told_in_local_time() -> None:
    assert tell(reasons_of(AGENT, CALLER)[-1]) == "自 16:30:00 起空闲"


def test_a_moment_stored_without_its_day_stays_as_it_is() -> None:
    assert tell("idle since 01:07:12Z") == "idle since 01:07:12Z"


def test_skills_and_queues_have_their_names() -> None:
    assert tell("skills booking 3, zh-CN 5") == "技能 预约与咨询 3, 普通话 5"
    assert tell("although the only one free for nurse, cardiology") == "虽是 护理咨询, 心内科 唯一空闲者"
    assert tell("overflow: nurse helps") == "溢出：护士台 支援"
    assert tell("overflow: nurse helps", Language.ENGLISH) == "overflow: Nurse desk helps"
    assert tell("skills gone 3") == "技能 gone 3"
