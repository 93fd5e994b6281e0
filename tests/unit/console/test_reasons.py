"""Why a phone rang, in the language of the page: every code has its words, with the hospital's own names in them."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import pytest

from console.calls import event_text
from console.web.language import words
from hotline.values import reason_codes
from hotline.values.language import Language
from hotline.values.reason import Reason
from hotline.values.reason_codes import OfferReason, PriorityReason
from routing.ladder.candidates import Candidate
from routing.ladder.floor_state import FloorState, QueuedCaller, StartOffer
from routing.ladder.ladder import AT_RISK, BESIDE, decide
from routing.queues import priority_patients, queues_file
from routing.queues.queues import HelpingQueue, OverflowKind, OverflowRule

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
RULES = queues_file.read_file(queues_file.STANDARD, ZoneInfo("Asia/Shanghai"))
CHINESE = re.compile("[\u4e00-\u9fff]")
AGENT = Candidate("a", {"booking": 3, "nurse": 3, "cardiology": 2, "zh-CN": 5}, NOW, 8.0)
CALLER = QueuedCaller("c", {"booking": 1, "zh-CN": 1}, 0, NOW - timedelta(seconds=30), preferred_agent_id="a")
HELP = (HelpingQueue(OverflowRule(OverflowKind.NURSE, "nurse", 0), {"nurse": 3}),)
# Those of an end, which stand alone in their column and are shown as a word.
ENDS = (reason_codes.AgentStateReason, reason_codes.OfferEndReason, reason_codes.TransferEndReason)


def reasons_of(agent: Candidate, caller: QueuedCaller) -> list[Reason]:
    floor = FloorState((agent,), (caller,), ())
    return [why for one in decide(floor, NOW, 5.0) if isinstance(one, StartOffer) for why in one.reasons]


def tell(reason: Reason, language: Language = Language.MANDARIN) -> str:
    return event_text.reason(words(language), reason, RULES)


def test_every_reason_is_told_in_chinese_on_a_chinese_page() -> None:
    everything = priority_patients.PatientFacts(70, True, True, True, True, NOW.date())
    reasons = [
        *reasons_of(AGENT, CALLER),
        *reasons_of(replace(AGENT, is_set_aside=True), replace(CALLER, required_skills={"doctor": 1}, helpers=HELP)),
        *priority_patients.priority_of(RULES.green, everything, 0, NOW.date())[1],
        BESIDE,
        AT_RISK,
    ]
    assert len(reasons) > 15
    assert [reason for reason in reasons if not CHINESE.search(tell(reason))] == []


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("code", [*PriorityReason, *OfferReason])
def test_every_code_has_words_in_both_languages(code: StrEnum, language: Language) -> None:
    assert words(language).known(f"why.{code}")


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("code", [code for codes in ENDS for code in codes])
def test_every_reason_of_an_end_has_words_in_both_languages(code: StrEnum, language: Language) -> None:
    assert event_text.end_reason(words(language), code)


def test_moments_are_told_in_local_time() -> None:
    assert tell(reasons_of(AGENT, CALLER)[-1]) == "自 16:30:00 起空闲"


def test_skills_and_queues_have_their_names() -> None:
    levels = {"booking": 3, "zh-CN": 5}
    assert tell(Reason(OfferReason.SKILLS, {"levels": levels})) == "技能 预约与咨询 3, 普通话 5"
    only = Reason(OfferReason.ONLY_ONE_FREE, {"skills": ["nurse", "cardiology"]})
    assert tell(only) == "护理咨询, 心内科 的唯一空闲坐席"
    helps = Reason(OfferReason.OVERFLOW, {"queue": "nurse"})
    assert (tell(helps), tell(helps, Language.ENGLISH)) == ("溢出：护士台 支援", "overflow: Nurse desk helps")
    assert tell(Reason(OfferReason.SKILLS, {"levels": {"gone": 3}})) == "技能 gone 3"
