"""The queue file: what it says, and how its faults are told."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hotline.configuration.errors import FileFault
from hotline.values.language import Language
from routing.queues import queues_file
from routing.queues.queues import LadderStep, OverflowKind, OverflowRule, QueueRules, SkillLevel

ZONE = ZoneInfo("Asia/Shanghai")
SKILLS = "skills: {booking: {zh: 预约, en: Booking}, nurse: {zh: 护士, en: Nurse}}\n"
# Whom the queue of most tests asks for.
ASKS = "required_skills: {booking: 1}, "
NURSE = "  nurse: {zh: 护士台, en: Nurse desk, required_skills: {nurse: 3}}\n"


def parse(queue: str, more: str = "") -> QueueRules:
    return queues_file.parse(f"{SKILLS}queues:\n{NURSE}  desk: {{zh: 台, en: Desk, {queue}}}\n{more}", ZONE)


def faults(queue: str, more: str = "") -> list[str]:
    with pytest.raises(FileFault) as caught:
        parse(queue, more)
    return list(caught.value.faults)


def test_the_standard_queues_have_no_faults() -> None:
    standard = queues_file.read_file(queues_file.STANDARD, ZONE)
    assert {"booking", "nurse"} <= set(standard.queues)
    assert standard.green.at_most < 50


def test_a_queue_is_read_with_its_skills_ladder_overflow_and_hours() -> None:
    desk = parse(
        "required_skills: {booking: {least: 3, prefers: 4}}, languages: {en-US: 2}, rings: 4, priority: 5,"
        " wrap_up_seconds: 20,"
        " ladder: [1, {phones: 2, least: 2}, everyone],"
        " overflow: [nurse, {kind: call_back, after_seconds: 60},"
        " {kind: number, to: '010 1234 5678', after_rings: 20}],"
        " hours: {monday-friday: '08:00-17:30', holidays: china}"
    ).queues["desk"]
    assert desk.required_skills == {"booking": SkillLevel(3, 4)}
    assert desk.levels(Language.ENGLISH) == {"booking": 3, "en-US": 2}
    assert desk.levels(Language.MANDARIN) == {"booking": 3, "zh-CN": 1}
    assert desk.levels(Language.ENGLISH, "nurse") == {"nurse": 3, "en-US": 2}
    assert (desk.rings, desk.priority, desk.wrap_up_seconds) == (4, 5, 20)
    assert desk.ladder == (LadderStep(1), LadderStep(2, 2), LadderStep(None))
    assert desk.overflow == (
        OverflowRule(OverflowKind.NURSE, "nurse", 4),
        OverflowRule(OverflowKind.CALL_BACK, None, 8, timedelta(seconds=60)),
        OverflowRule(OverflowKind.NUMBER, "+861012345678", 20),
    )
    assert desk.hours.keeps_holidays


def test_overflow_is_due_after_its_rings_or_its_time() -> None:
    by_rings, by_time = (
        OverflowRule(OverflowKind.QUEUE, "a", 3),
        OverflowRule(OverflowKind.VOICEMAIL, None, 3, timedelta(seconds=60)),
    )
    assert [by_rings.is_due(ring, timedelta()) for ring in (3, 4)] == [False, True]
    assert [by_time.is_due(99, timedelta(seconds=seconds)) for seconds in (59, 60)] == [False, True]


@pytest.mark.parametrize(
    ("queue", "told"),
    [
        (
            "required_skills: {surgery: 3}",
            ".required_skills.surgery: no skill 'surgery'; the skills are booking, nurse",
        ),
        (
            "required_skills: {booking: 6}",
            ".required_skills.booking: must be a whole number from 1 to 5, not '6'",
        ),
        (
            "required_skills: {booking: {least: 4, prefers: 3}}",
            "level 3 is below the least, 4; prefer that level or",
        ),
        ("rings: 3", "queues.desk.required_skills: missing; write whom the queue asks for"),
        (ASKS + "ring: 3", "queues.desk.ring: unknown field; do you mean rings? known are"),
        (ASKS + "rings: 0", "queues.desk.rings: must be a whole number from 1 to 10, not '0'"),
        (ASKS + "ladder: [1, 2, 3, 4]", "queues.desk.ladder[3]: there are only 3 rings"),
        (
            ASKS + "ladder: [3, 2]",
            "queues.desk.ladder[1]: 2 phones are fewer than in the ring before, 3",
        ),
        (ASKS + "ladder: [everyone, 2]", "queues.desk.ladder[1]: 2 phones come after everyone"),
        (ASKS + "ladder: [all]", "'all' is no number of phones; write 1 to 50, or everyone"),
        (
            ASKS + "ladder: [{least: 2}]",
            "queues.desk.ladder[0].phones: missing; write how many phones",
        ),
        (ASKS + "overflow: [elsewhere]", "'elsewhere' is not one of queue, nurse, call_back"),
        (
            ASKS + "overflow: [{kind: queue, to: x}]",
            "overflow[0].to: no queue 'x'; the queues are nurse",
        ),
        (
            ASKS + "overflow: [{kind: queue, to: desk}]",
            "the queue cannot help itself; name another one",
        ),
        (
            ASKS + "overflow: [queue]",
            "queues.desk.overflow[0].to: missing; write the queue that helps",
        ),
        (ASKS + "overflow: [{kind: number, to: front}]", "'front' is no telephone number"),
        (
            ASKS + "overflow: [{kind: voicemail, to: nurse}]",
            "voicemail leads to nobody else; remove it",
        ),
        (
            ASKS + "overflow: [{kind: voicemail, after_rings: 3, after_seconds: 9}]",
            "queues.desk.overflow[0].after_seconds: stands beside after_rings; write one of them",
        ),
        (
            ASKS + "hours: {mon: '08:00-09:00'}",
            "queues.desk.hours.mon: 'mon' is no weekday; write monday",
        ),
        (
            ASKS + "languages: {fr-FR: 1}",
            "queues.desk.languages.fr-FR: unknown field; known are zh-CN, en",
        ),
    ],
)
def test_a_fault_of_a_queue_names_line_field_and_remedy(queue: str, told: str) -> None:
    (fault,) = faults(queue)
    assert fault.startswith("queues.yaml:4: queues.desk")
    assert told in fault


@pytest.mark.parametrize(
    ("green", "told"),
    [
        (
            "{ages: 3}",
            "queues.yaml:5: priority_patients.ages: unknown field; do you mean age? known are age, limited",
        ),
        ("{cardiac: much}", "priority_patients.cardiac: must be a whole number from 0 to 1000, not 'much'"),
        ("{age: [{priority: 3}]}", "priority_patients.age[0].from: missing; write the least age, like from: 65"),
        ("{discharged: {within_days: 0}}", "within_days: must be a whole number from 1 to 365, not '0'"),
        ("{discharged: 5}", "priority_patients.discharged: must hold named fields"),
    ],
)
def test_a_fault_of_the_priority_patients_names_line_field_and_remedy(green: str, told: str) -> None:
    assert any(told in fault for fault in faults("required_skills: {booking: 1}", f"priority_patients: {green}\n"))


def test_all_faults_are_told_at_once_in_the_order_of_the_file() -> None:
    told = faults("required_skills: {x: 9}, rings: no", "priority_patients: {cardiac: -1}\nother: 1\n")
    assert [fault.split(":")[1] for fault in told] == ["4", "4", "4", "5", "6"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty; copy routing/queues/queues.yaml"),
        ("queues: [", "not YAML"),
        ("- 1", "must hold named fields"),
        (SKILLS, "queues: missing; write the queues, at least one"),
        (
            f"{SKILLS}queues:\n  Desk one: {{zh: 台, en: Desk, required_skills: {{booking: 1}}}}",
            "'Desk one' is no name",
        ),
    ],
)
def test_a_file_that_is_no_queue_file_is_told_as_such(text: str, told: str) -> None:
    with pytest.raises(FileFault, match=told):
        queues_file.parse(text, ZONE)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileFault, match=r"none\.yaml:1: file: cannot be read"):
        queues_file.read_file(tmp_path / "none.yaml", ZONE)
