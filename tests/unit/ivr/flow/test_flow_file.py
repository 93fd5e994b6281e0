"""Reading a flow: what is wrong is said with file, line and field."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.configuration.errors import FileFault
from hotline.values.language import Language
from ivr.flow import check, drawing, flow_file
from ivr.flow.nodes import prompts
from routing.queues.hours import parse_span, parse_weekdays

HOUSE = flow_file.Installation(
    {Language.MANDARIN: "示范医院", Language.ENGLISH: "Model Hospital"}, ZoneInfo("Asia/Shanghai")
)
TEXT = flow_file.STANDARD.read_text("utf-8")


def faults(text: str) -> list[str]:
    with pytest.raises(FileFault) as caught:
        flow_file.parse(text, HOUSE, "my.yaml")
    return list(caught.value.faults)


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "field", "words"),
    [
        ("to: enquiry}", "to: enquiries}", "nodes.menu.choices.2.to", "no node 'enquiries'"),
        ("    next: opening", "    next: nowhere", "nodes.consent.next", "no node 'nowhere'"),
        ("start: language", "start: lang", "start", "no node 'lang'"),
        ('      "5": {label', '      "9": {label', "nodes.menu.choices.9", "key 9 is reserved"),
        (
            "say: {zh-CN: 正在为您转接咨询服务。, en-US:",
            "say: {en-US:",
            "nodes.enquiry.say.zh-CN",
            "missing; write",
        ),
        ("    intent: complaint", "    intent: complain", "nodes.complaint.intent", "not one of"),
        (
            "    queue: nurse\n    skill: nurse\n    priority: 0",
            "    skill: nurse",
            "nodes.consultation.queue",
            "missing",
        ),
        ("    priority: 100", "    priority: high", "nodes.emergency.priority", "whole number"),
        ("    always: true\n", "", "nodes.emergency", "always: true is missing"),
        ("欢迎致电{hospital}", "欢迎致电{name}", "nodes.language.say.zh-CN", "{name} is unknown"),
        ('repeat: "*"', 'repeat: "9"', "keys", "two meanings"),
        ("tries: 2", "tries: 0", "tries", "from 1 to 5"),
        ('otherwise: "1"', 'otherwise: "3"', "nodes.language.otherwise", "none of the choices"),
        ("    consent: true\n    label: {zh-CN: 录音", "    label: {zh-CN: 录音", "nodes", "no notice has consent"),
        ("  timed_out: {", "  timed_oot: {", "phrases.timed_oot", "unknown field"),
        ("    open: menu", "    open: opening", "nodes.opening", "leads back to itself"),
        ("  open: always ", '  mondays: ["8-9"] ', "hours.mondays", "no weekday"),
        ("  open: always ", '  monday: ["8:00-9"] ', "hours.monday[0]", "no span"),
        ("kind: end", "kind: finish", "nodes.closed.kind", "not one of"),
        ("closed: closed  ", "closed: menu  ", "closed", "of the kind end"),
        ("第{n}位", "第几位", "phrases.position", "{n} is missing"),
    ],
)
def test_fault_is_named_with_file_line_and_field(old: str, new: str, field: str, words: str) -> None:
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    found = [fault for fault in faults(text) if f": {field}: " in fault and words in fault]
    assert found, faults(text)
    assert found[0].startswith("my.yaml:")
    assert int(found[0].split(":")[1]) > 0


def test_line_is_the_one_where_the_fault_stands() -> None:
    text = TEXT.replace("to: enquiry}", "to: enquiries}")
    fault = next(f for f in faults(text) if "no node" in f)
    assert fault.startswith(f"my.yaml:{line_of(text, 'to: enquiries')}: nodes.menu.choices.2.to: ")


def test_node_that_nothing_leads_to_is_a_fault_and_every_fault_is_said_at_once() -> None:
    text = TEXT.replace("to: opinion}", "to: booking}").replace("tries: 2", "tries: many")
    assert any("nodes.opinion: no way leads here" in fault for fault in faults(text))
    assert any(": tries: " in fault for fault in faults(text))


def test_sixth_choice_is_one_too_many() -> None:
    more = '      "6": {label: {zh-CN: 其他, en-US: Other}, to: booking}\n\n  booking:'
    assert any("6 choices" in fault for fault in faults(TEXT.replace("\n  booking:", more, 1)))


def test_long_menu_is_doubted_and_a_very_long_one_refused() -> None:
    old = "{choices}。紧急按9"
    loaded = flow_file.parse(TEXT.replace(old, "{choices}。" + "请您仔细听完全部选项" * 2 + "紧急按9"), HOUSE)
    assert any("nodes.menu.say.zh-CN" in warning and "at most 15 s" in warning for warning in loaded.warnings)
    assert any(
        "too long" in fault for fault in faults(TEXT.replace(old, "{choices}。" + "请您仔细听完" * 12 + "紧急按9"))
    )


def test_standard_flow_has_neither_faults_nor_warnings_and_short_menus() -> None:
    loaded = flow_file.parse(TEXT, HOUSE)
    assert loaded.warnings == ()
    assert all(check.seconds(text) < 15 for text in loaded.flow.nodes["menu"].say.values())  # type: ignore[union-attr] # a menu
    assert "{" not in "".join(text for _, _, text in prompts(loaded.flow))


def test_field_that_stands_twice_is_a_fault() -> None:
    assert any("tries: stands here twice" in fault for fault in faults(TEXT + "\ntries: 3\n"))


@pytest.mark.parametrize("text", ["", "[]", "a: [", "nodes: 3", "\t", "x: &a [*a]", "nodes: {a: {kind: menu}}"])
def test_text_that_is_no_flow_is_refused_with_a_line(text: str) -> None:
    assert all(fault.startswith("my.yaml:") for fault in faults(text))


@given(st.text(max_size=200))
def test_any_text_is_refused_and_never_crashes(text: str) -> None:
    with pytest.raises(FileFault):
        flow_file.parse(text, HOUSE)


@settings(deadline=None)  # the file is long, and machines are slow
@given(st.data())
def test_flow_with_a_line_lost_is_read_or_refused(data: st.DataObject) -> None:
    lines = TEXT.splitlines()
    del lines[data.draw(st.integers(0, len(lines) - 1))]
    try:
        flow_file.parse("\n".join(lines), HOUSE)
    except FileFault as fault:
        assert fault.faults  # noqa: PT017 (either outcome is right)


def test_drawing_shows_every_node_in_both_languages() -> None:
    flow = flow_file.parse(TEXT, HOUSE).flow
    svg, mermaid = drawing.svg(flow), drawing.mermaid(flow)
    for node in flow.nodes.values():
        for text in node.label.values():
            assert text in svg
            assert text in mermaid


def test_hours_are_read_as_people_write_them() -> None:
    assert parse_span("08:00-24:00") is not None
    assert parse_span("12:00-08:00") is None
    assert list(parse_weekdays("monday-friday") or ()) == [0, 1, 2, 3, 4]
    assert parse_weekdays("friday-monday") is None
