"""What patients answer and why a person takes over, on the pages: in the reader's language."""

import pytest

from campaigns.dialling import next_attempt
from campaigns.dialogue import scripts_file
from console.campaigns.answers import Labels
from console.web.language import words
from hotline.values.language import Language

LABELS = Labels(scripts_file.of(None, "示范医院", "Model Hospital", "+861066880000").values())


@pytest.mark.parametrize(
    ("text", "chinese", "english"),
    [
        ("satisfaction: 2", "满意度: 2", "Satisfaction: 2"),
        ("not_reached: day_7", "多次未能接通: 出院后第7天", "Not reached: Day 7"),
        ("我要投诉: 等了三个小时", "我要投诉: 等了三个小时", "我要投诉: 等了三个小时"),
        ("挂号时间", "挂号时间", "挂号时间"),
    ],
)
def test_a_case_says_what_it_is_about_in_the_readers_language(text: str, chinese: str, english: str) -> None:
    assert LABELS.told(text, words(Language.MANDARIN)) == chinese
    assert LABELS.told(text, words(Language.ENGLISH)) == english


@pytest.mark.parametrize("language", list(Language))
def test_each_reason_for_a_person_has_words(language: Language) -> None:
    reasons = {rule.reason for rule in next_attempt.RULES.values() if rule.reason}
    for reason in reasons:
        assert not LABELS.told(f"{reason}: day_7", words(language)).startswith(reason)
