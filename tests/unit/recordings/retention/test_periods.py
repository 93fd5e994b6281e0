"""How long what is kept: rules as a table, files with faults, what keeps evidence longer; and the pure parts beside."""

from datetime import UTC, datetime, timedelta

import pytest

from hotline.errors import ConfigError
from hotline.values.intent import Intent
from hotline.values.language import Language
from hotline.values.states.case import CaseKind, Urgency
from recordings.retention import periods, retention_file
from recordings.retention.periods import RetainedCallKind, RetentionBlock, RetentionFacts, RetentionItem
from recordings.speech import hints, hints_file
from recordings.speech.dialogue import TranscriptLine
from recordings.transcripts import turn_figures
from recordings.transcripts.urgency import CaseWeight, is_urgent

ENDED = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ALL = frozenset(RetentionItem)
RULES = retention_file.load(None)
ZH = Language.MANDARIN


def facts(intent: Intent = Intent.ENQUIRY, **more: object) -> RetentionFacts:
    return RetentionFacts(ENDED, intent, ALL, **more)  # type: ignore[arg-type] # the fields of a test


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (facts(), RetainedCallKind.ROUTINE),
        (facts(Intent.COMPLAINT), RetainedCallKind.COMPLAINT),
        (facts(cases=frozenset({CaseKind.COMPLAINT, CaseKind.FOLLOW_UP})), RetainedCallKind.COMPLAINT),
        (facts(Intent.EMERGENCY), RetainedCallKind.EMERGENCY),
        (facts(cases=frozenset({CaseKind.FOLLOW_UP})), RetainedCallKind.FOLLOW_UP),
        (facts(has_message=True), RetainedCallKind.MESSAGE),
    ],
)
def test_a_call_has_the_first_kind_that_fits(given: RetentionFacts, kind: RetainedCallKind) -> None:
    assert periods.kind_of(given) is kind
    assert {one.kind for one in periods.verdicts(RULES, given)} == {kind}


def test_each_thing_is_over_on_its_own_day_and_only_what_is_there_is_judged() -> None:
    verdicts = {one.what: one for one in periods.verdicts(RULES, facts())}
    for what, verdict in verdicts.items():
        day = ENDED + timedelta(days=RULES.days[RetainedCallKind.ROUTINE][what])
        assert not verdict.is_over(day - timedelta(seconds=1))
        assert verdict.is_over(day)
    assert periods.verdicts(RULES, RetentionFacts(ENDED, Intent.ENQUIRY, frozenset())) == []


@pytest.mark.parametrize(
    ("more", "keeper"),
    [({"is_held": True}, RetentionBlock.HOLD), ({"has_open_complaint": True}, RetentionBlock.COMPLAINT)],
)
def test_what_is_kept_is_never_over(more: dict[str, bool], keeper: RetentionBlock) -> None:
    for verdict in periods.verdicts(RULES, facts(Intent.ENQUIRY, **more)):
        assert verdict.kept_by is keeper
        assert not verdict.is_over(ENDED + timedelta(days=99_999))


def test_a_closed_complaint_keeps_its_evidence_for_a_while() -> None:
    closed = ENDED + timedelta(days=5000)
    for verdict in periods.verdicts(RULES, facts(Intent.COMPLAINT, complaint_closed_at=closed)):
        assert verdict.due_at == closed + timedelta(days=RULES.after_complaint_days)


GOOD = "after_complaint_days: 1\nreport_days: 1\nkinds:\n" + "".join(
    f"  {kind}: {{audio: 1, transcript: 2, review: 3}}\n" for kind in RetainedCallKind
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty; copy recordings"),
        ("{", "not YAML"),
        (GOOD.replace("  routine", "  rotine"), "rotine: unknown field; do you mean routine?"),
        (
            GOOD.replace("audio: 1,", "audio: soon,", 1),
            "kinds.complaint.audio: must be a whole number from",
        ),
        (GOOD.replace("audio: 1,", "audio: 0,", 1), "must be a whole number from 1 to 36500"),
        (GOOD.replace("audio: 1,", "audio: true,", 1), "must be a whole number from 1 to 36500"),
        (GOOD.replace("after_complaint_days: 1", "after: 1"), "after_complaint_days: missing"),
        (
            GOOD.replace("audio: 1, transcript: 2, review: 3", "audio: 9, transcript: 9, review: 3", 1),
            "a review must not",
        ),
    ],
)
def test_a_file_with_faults_is_refused_with_the_field(text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=r"rules\.yaml") as refused:
        retention_file.read(text, "rules.yaml")
    assert told in str(refused.value)


def test_a_whole_file_is_read() -> None:
    assert retention_file.read(GOOD, "rules.yaml").days[RetainedCallKind.ROUTINE] == {
        RetentionItem.AUDIO: 1,
        RetentionItem.TRANSCRIPT: 2,
        RetentionItem.REVIEW: 3,
    }


def test_complaints_emergencies_low_ratings_and_warnings_are_urgent() -> None:
    assert is_urgent(Intent.COMPLAINT)
    assert is_urgent(Intent.EMERGENCY)
    assert is_urgent(Intent.ENQUIRY, rating=2)
    assert is_urgent(Intent.ENQUIRY, warned=True)
    assert is_urgent(Intent.ENQUIRY, frozenset({CaseWeight(CaseKind.COMPLAINT, Urgency.NORMAL)}))
    assert not is_urgent(Intent.ENQUIRY, frozenset({CaseWeight(CaseKind.MESSAGE, Urgency.NORMAL)}), rating=3)


def said(text: str, start: float, end: float, speaker: str = "agent") -> TranscriptLine:
    return TranscriptLine(speaker, start, end, text, 0.9, tuple((start, end, sign, 0.9) for sign in text))


@pytest.mark.parametrize(
    ("heard", "spelt"),
    [("我想挂新内可", "我想挂心内科"), ("是人民依愿", "是人民医院"), ("我要投诉", "我要投诉"), ("胸口疼", "胸口疼")],
)
def test_words_that_are_known_are_spelt_right_where_they_sound_so(heard: str, spelt: str) -> None:
    known = hints.Hints(ZH, hints_file.words_of(None)[ZH])
    [line] = hints.spelt([said(heard, 0, 1)], known)
    assert line.text == spelt
    assert "".join(word for _, _, word, _ in line.words) == spelt


def test_hints_are_told_beforehand_in_english_only() -> None:
    assert "clinic" in hints.Hints(Language.ENGLISH, ("clinic",)).prompt
    assert hints.Hints(ZH, ("门诊",)).prompt == ""
    with pytest.raises(ConfigError):
        hints_file.read("zh-CN: 门诊", "hints.yaml")


def test_turns_silences_holds_and_overlaps_are_told_from_times() -> None:
    lines = [
        said("您好，请稍等，我帮您查一下", 0.0, 3.0),
        said("好的", 2.5, 3.5, "caller"),
        said("查到了", 12.0, 14.0),
        said("嗯", 13.0, 13.2, "caller"),
        said("谢谢", 20.0, 21.0, "caller"),
    ]
    found = turn_figures.figures(lines, ZH)
    assert [(one.start, one.end) for one in found.silences] == [(3.5, 12.0), (14.0, 20.0)]
    assert [(one.start, one.end) for one in found.holds] == [(3.5, 12.0)]
    assert found.longest_silence == 6.0
    assert [(one.start, one.end) for one in found.overlaps] == [(2.5, 3.0)]
    assert [turn.speaker for turn in found.turns] == ["agent", "caller", "agent", "caller"]
    assert sum(found.share.values()) == pytest.approx(1)
