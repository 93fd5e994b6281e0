"""`hotline queues`: what is told of a queue file."""

from pathlib import Path

from click.testing import CliRunner, Result

from cli.commands import queues

FILE = """
skills: {booking: {zh: 预约, en: Booking}, nurse: {zh: 护士, en: Nurse}}
queues:
  nurse: {zh: 护士台, en: Nurse desk, required_skills: {nurse: 3}}
  desk:
    zh: 服务台
    en: Desk
    required_skills: {booking: {least: 3, prefers: 4}}
    languages: {en-US: 2}
    rings: 4
    ladder: [1, {phones: 2, least: 2}]
    overflow: [nurse, {kind: call_back, after_seconds: 60}]
    hours: {monday-friday: ["08:00-12:00", "13:30-17:30"], holidays: china, days: {2026-12-31: []}}
  night:
    zh: 夜班
    en: Night
    required_skills: {booking: 1}
    ladder: [everyone]
"""


def run(tmp_path: Path, name: str, text: str = FILE) -> Result:
    file = tmp_path / "queues.yaml"
    file.write_text(text, "utf-8")
    return CliRunner().invoke(queues.command, [name, str(file)], env={"TIMEZONE": "Asia/Shanghai"})


def test_a_file_without_faults_is_counted(tmp_path: Path) -> None:
    found = run(tmp_path, "check")
    assert (found.exit_code, found.output.split(": ", 1)[1]) == (0, "3 queues, 2 skills, no faults\n")


def test_all_faults_are_told_and_the_command_fails(tmp_path: Path) -> None:
    found = run(tmp_path, "check", FILE.replace("booking: 1", "surgery: 1").replace("rings: 4", "rings: many"))
    assert found.exit_code == 1
    assert [line.split(": ")[1] for line in found.output.splitlines()] == [
        "queues.desk.rings",
        "queues.night.required_skills.surgery",
    ]
    assert run(tmp_path, "show", "queues: {}").exit_code == 1


def test_the_table_says_who_rings_at_each_ring_what_follows_and_when_a_queue_is_open(tmp_path: Path) -> None:
    told = run(tmp_path, "show").output
    for words in (
        "booking ≥ 3, prefers 4",
        "en-US ≥ 2",
        "ring 1: 1 phone ",
        "ring 2: 2 phones, level ≥ 2",
        "ring 3: 3 phones, level ≥ 2",
        "ring 4: 4 phones, level ≥ 2",
        "ring 3: everyone",
        "after ring 4: nurse helps",
        "after 60 s: callback",
        "monday-friday 08:00-12:00,",
        "Chinese holidays",
        "2026-12-31 closed",
        "Priority patients: nobody",
    ):
        assert words in told


def test_the_standard_queues_and_their_priority_patients_are_shown_without_a_file() -> None:
    told = CliRunner().invoke(queues.command, ["show"], env={"QUEUES_FILE": ""}).output
    assert "routing/queues/queues.yaml" in told
    assert "cardiac +25" in told
    assert "together at most +40" in told
