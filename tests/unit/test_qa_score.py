"""The automatic checks on true text: every call of the shared audio gets the marks a supervisor gave it."""

import json
from pathlib import Path

import pytest

from hotline.errors import ConfigError
from hotline.values import Language
from qa import checks as score
from qa.checks import Said
from qa.check_phrases import of, read, standard

CALLS = Path("../shared/audio/calls")


@pytest.mark.parametrize("path", sorted(CALLS.glob("*.json")), ids=lambda path: path.stem)
def test_true_text_gets_the_marks_of_the_supervisor(path: Path) -> None:
    call = json.loads(path.read_text("utf-8"))
    language = Language(call["language"])
    said = [Said(one["speaker"], one["start"], one["end"], one["text"]) for one in call["utterances"]]
    phrases = standard()[language]
    assert score.greeting(said, language, phrases).passed == bool(call["labels"]["greeting"])
    assert score.courtesy(said, language, phrases).passed != bool(call["labels"]["forbidden"])


def test_a_greeting_by_the_hospitals_own_name_passes_and_evidence_holds_no_text() -> None:
    phrases = standard()[Language.ENGLISH]
    said = [Said("agent", 1.0, 2.0, "Hello, Saint Mary's.", "u1"), Said("caller", 3.0, 4.0, "Hello.", "u2")]
    assert not score.greeting(said, Language.ENGLISH, phrases).passed
    result = score.greeting(said, Language.ENGLISH, phrases, ["Saint Mary's"])
    assert result.passed
    assert result.evidence["utterances"] == ["u1"]
    assert "Mary" not in json.dumps(result.evidence)


def test_a_greeting_that_comes_late_or_from_the_caller_does_not_count() -> None:
    phrases = standard()[Language.ENGLISH]
    late = [Said("agent", 1.0, 2.0, "Yes?"), Said("agent", 30.0, 31.0, "Hello, City Hospital.")]
    caller = [Said("caller", 1.0, 2.0, "Hello, is this the hospital?"), Said("agent", 3.0, 3.5, "Yes.")]
    assert not score.greeting(late, Language.ENGLISH, phrases).passed
    assert not score.greeting(caller, Language.ENGLISH, phrases).passed


def test_an_agent_who_says_nothing_has_not_greeted() -> None:
    result = score.greeting([], Language.MANDARIN, standard()[Language.MANDARIN])
    assert (result.passed, result.evidence) == (False, {"agent_spoke": False})


def test_rude_words_of_the_caller_are_not_the_agents() -> None:
    said = [Said("caller", 1.0, 2.0, "你闭嘴，你懂什么！")]
    assert score.courtesy(said, Language.MANDARIN, standard()[Language.MANDARIN]).passed


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("您可以自己看一下报告，不满意的话可以去投诉办公室反映。", Language.MANDARIN),
        ("这不归我们科管，我帮您转接负责的同事，请您稍等。", Language.MANDARIN),
        ("不着急，您慢慢说，我在听。您到底是哪里不舒服？", Language.MANDARIN),
        ("What is your problem today? I do care, and I will find out for you myself.", Language.ENGLISH),
        ("Please don't carry anything heavy. I will set up the appointment.", Language.ENGLISH),
        ("What do you want to ask the doctor? Take your time.", Language.ENGLISH),
    ],
)
def test_polite_words_that_sound_a_little_like_rude_ones_pass(text: str, language: Language) -> None:
    assert score.courtesy([Said("agent", 1.0, 9.0, text)], language, standard()[language]).passed


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- a", "languages are missing"),
        ("zh-CN: {}", "zh-CN: greeting is missing"),
        ("zh-CN: {greeting: {greets: 您好}, courtesy: {}}", "zh-CN.greeting: greets must be a list"),
        ("a: [", "no YAML"),
    ],
)
def test_a_fault_in_the_phrases_names_file_language_and_field(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        read(text, "checks.yaml")
    assert str(caught.value).startswith("checks.yaml")


def test_a_hospitals_own_phrases_replace_the_standard_ones_and_a_missing_file_is_named(tmp_path: Path) -> None:
    own = tmp_path / "checks.yaml"
    standard_text = Path("qa/checks.yaml").read_text("utf-8")
    own.write_text(standard_text, "utf-8")
    assert of(own) == standard()
    assert of(None) is standard()
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: .*CHECKS_FILE"):
        of(tmp_path / "nowhere.yaml")
