"""What patients are asked and answer, in words: as the hospital's own scripts name it."""

import re
from collections.abc import Iterable, Mapping

from campaigns.dialogue import script_queries
from campaigns.dialogue.script import Choice, Script, Text
from console.web.language import Words
from hotline.configuration.errors import FileFault
from hotline.configuration.settings import Settings
from hotline.values.reason import Reason
from hotline.values.reason_codes import CaseReason

STEP = re.compile(r"(day|week)_(\d+)")
# Questions that stand in no script, and answers that any question may have.
BESIDE = ("opinion_told", "another_time")
COMMON = ("unanswered", "recorded", "nothing", "cancel", "in_words")


class Labels:
    """The labels of questions and answers of these scripts."""

    def __init__(self, scripts: Iterable[Script]) -> None:
        """Read the labels; a question that several scripts ask is the same one."""
        asked = [question for script in scripts for question in script.questions]
        self._questions: Mapping[str, Text] = {question.name: question.label for question in asked}
        self._values: Mapping[tuple[str, str], Text] = {
            (question.name, option.value): option.label
            for question in asked
            if isinstance(question, Choice)
            for option in question.options
        }

    def question(self, name: str, words: Words) -> str:
        """Return the question; by its name where no script asks it any more."""
        label = self._questions.get(name)
        return label[words.language] if label else words.known(f"question.{name}") or name.replace("_", " ")

    def value(self, value: str, name: str, words: Words) -> str:
        """Return an answer to the question `name`."""
        label = self._values.get((name, value))
        return label[words.language] if label else words.known(f"answer.{value or 'in_words'}") or value

    def reason(self, reason: Reason, words: Words) -> str:
        """Return why a call to a patient opened a case: a question with its answer, or why a person is to call them."""
        given = {name: str(value) for name, value in reason.parameters.items()}
        if reason.code is CaseReason.PATIENT_ANSWERED:
            name = given["question"]
            question, answer = self.question(name, words), self.value(given["value"], name, words)
            return words("case_reason.answered", question=question, answer=answer)
        why = words.known(f"to_person.{given['why']}") or given["why"].replace("_", " ")
        return words("case_reason.to_person", why=why, step=step(given["step"], words))


def of(settings: Settings) -> Labels:
    """Return the labels of this hospital's scripts."""
    try:
        return Labels(script_queries.all_of(settings).values())
    except FileFault:
        return Labels(())  # names stand in; `hotline campaign draw` says what is wrong


def step(name: str, words: Words) -> str:
    """Return a step of a plan: the days or weeks after discharge where its name says so."""
    found = STEP.fullmatch(name)
    return words(f"step.{found[1]}", count=found[2]) if found else name.replace("_", " ")
