"""Choices spoken out, as a text has them for `{choices}`: what leads where, by which key."""

from collections.abc import Iterable, Mapping

from hotline.values.language import Language

CHOICE = {Language.MANDARIN: "{label}按{key}", Language.ENGLISH: "{label}, press {key}"}
BETWEEN = {Language.MANDARIN: "，", Language.ENGLISH: ". "}
PLACEHOLDER = "{choices}"


def read_out(choices: Iterable[tuple[str, str]], language: Language) -> str:
    """Return keys and their labels as one sentence."""
    return BETWEEN[language].join(CHOICE[language].format(label=label, key=key) for key, label in choices)


def with_choices(
    text: Mapping[Language, str], choices: Iterable[tuple[str, Mapping[Language, str]]]
) -> dict[Language, str]:
    """Return the text with `{choices}` spoken out; `choices` are keys with their labels."""
    listed = list(choices)
    return {
        language: said.replace(PLACEHOLDER, read_out(((key, label[language]) for key, label in listed), language))
        for language, said in text.items()
    }
