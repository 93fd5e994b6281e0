"""What patients answer and why a person takes over, on the pages: in the reader's language."""

import pytest

from campaigns.dialling import next_attempt
from campaigns.dialogue import scripts_file
from console.campaigns.answers import Labels
from console.web.language import words
from hotline.values.language import Language
from hotline.values.reason import Reason
from hotline.values.reason_codes import CaseReason


def answered(question: str, value: str) -> Reason:
    return Reason(CaseReason.PATIENT_ANSWERED, {"question": question, "value": value})


def to_person(why: str, step: str) -> Reason:
    return Reason(CaseReason.HANDED_TO_PERSON, {"why": why, "step": step})


LABELS = Labels(scripts_file.of(None, "示范医院", "Model Hospital", "+861066880000").values())


@pytest.mark.parametrize(
    ("reason", "chinese", "english"),
    [
        (answered("satisfaction", "2"), "满意度：2", "Satisfaction: 2"),
        (answered("gone_from_the_script", "2"), "gone from the script：2", "gone from the script: 2"),
        (to_person("not_reached", "day_7"), "多次未能接通：出院后第7天", "Not reached: Day 7"),
    ],
)
def test_a_case_says_what_it_is_about_in_the_readers_language(reason: Reason, chinese: str, english: str) -> None:
    assert LABELS.reason(reason, words(Language.MANDARIN)) == chinese
    assert LABELS.reason(reason, words(Language.ENGLISH)) == english


@pytest.mark.parametrize("language", list(Language))
def test_each_reason_for_a_person_has_words(language: Language) -> None:
    reasons = {rule.reason for rule in next_attempt.RULES.values() if rule.reason}
    for reason in reasons:
        assert not LABELS.reason(to_person(reason, "day_7"), words(language)).startswith(reason.replace("_", " "))
