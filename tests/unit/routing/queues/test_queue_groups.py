"""What a queue's rules make of a caller: wish, preferred levels, ladder, overflow_queues."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from hotline.values.language import Language
from routing.ladder.floor_state import LadderRing
from routing.queues import queues_file
from routing.queues.queue_groups import QueueGroups, levels_asked
from routing.queues.queues import OverflowKind, OverflowRule

RULES = queues_file.parse(
    """
skills: {booking: {zh: 预约, en: Booking}, nurse: {zh: 护士, en: Nurse}, cardiology: {zh: 心内科, en: Cardiology}}
queues:
  nurse: {zh: 护士台, en: Nurse desk, required_skills: {nurse: 3, cardiology: 1}}
  desk:
    zh: 台
    en: Desk
    required_skills: {booking: {least: 3, prefers: 4}}
    languages: {en-US: {least: 2, prefers: 3}}
    rings: 4
    ladder: [{phones: 1, least: 5}, 2, {phones: everyone, least: 1}]
    overflow: [nurse, {kind: voicemail, after_seconds: 60}]
""",
    ZoneInfo("Asia/Shanghai"),
)


def test_the_line_of_a_caller_has_all_that_their_queue_says() -> None:
    required_skills = RULES.queues["desk"].levels(Language.ENGLISH)
    line = QueueGroups(RULES).of("desk", required_skills)
    assert line.required_skills == {"booking": 3, "en-US": 2}
    assert (line.rings, line.prefers) == (4, {"booking": 4, "en-US": 3})
    assert line.ladder == (
        LadderRing(1, {"booking": 5, "en-US": 2}),
        LadderRing(2),
        LadderRing(None, {"booking": 1, "en-US": 2}),
    )
    assert line.overflow_queues == (
        (OverflowRule(OverflowKind.NURSE, "nurse", 4), {"nurse": 3, "cardiology": 1, "en-US": 2}),
    )


def test_callers_of_one_line_share_it_and_others_do_not() -> None:
    lines = QueueGroups(RULES)
    assert lines.of("desk", {"booking": 3, "zh-CN": 1}) is lines.of("desk", {"zh-CN": 1, "booking": 3})
    assert lines.of("desk", {"booking": 3, "zh-CN": 1}) is not lines.of("desk", {"booking": 3, "en-US": 1})


def test_another_skill_than_the_queue_s_own_takes_its_place_and_prefers_nothing() -> None:
    required_skills = RULES.queues["desk"].levels(Language.MANDARIN, "cardiology")
    assert required_skills == {"cardiology": 3, "zh-CN": 1}
    assert QueueGroups(RULES).of("desk", required_skills).prefers == {}


def test_a_queue_that_is_no_longer_there_still_has_its_callers_rung() -> None:
    line = QueueGroups(RULES).of("gone", {"booking": 1})
    assert (line.required_skills, line.rings, line.overflow_queues) == ({"booking": 1}, 3, ())
    assert RULES.queues["desk"].overflow[1].after == timedelta(seconds=60)


def test_the_levels_that_queues_ask_for_are_known_by_skill_and_language() -> None:
    assert levels_asked(RULES) == {"nurse": (3,), "cardiology": (1,), "booking": (3,), "zh-CN": (1,), "en-US": (1, 2)}
