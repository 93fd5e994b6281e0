"""Plain text matching, to compare with: the wordings of the lists, letter by letter, in the same parts of a call."""

import re

from hotline.values.language import Language
from hotline.values.scorecard import ItemAnswer
from qa.scorecards.card import Scorecard
from qa.scorecards.machine_rules import Phrases, Silence, Statement
from qa.scorecards.phrase_lists_file import PhraseList
from qa.scoring.dialogue import AGENT, CALLER, Dialogue, gaps
from recordings.speech.normalisation import simplified

SLOTS = {"{number}": r"[\d零一二三四五六七八九幺]{2,}", "{name}": r"\w{2,}", "…": r".{0,24}?"}


def mark(card: Scorecard, dialogue: Dialogue) -> dict[str, ItemAnswer]:
    """Return the answers to the items about words and silence; never unsure."""
    found = {}
    for item in card.items:
        rule = item.machine
        if isinstance(rule, Phrases):
            names = rule.all_of or rule.any_of
            hits = [_is_said(dialogue.lists[name], rule, dialogue) for name in names]
            found[item.id] = all(hits) if rule.all_of else any(hits)
        elif isinstance(rule, Statement):
            texts = [one.text for turn in dialogue.of(CALLER) for one in turn.said]
            found[item.id] = any(_has(dialogue.lists[name], texts, dialogue) for name in rule.any_of)
        elif isinstance(rule, Silence):
            found[item.id] = _is_silent(rule, dialogue)
    return {item: ItemAnswer.YES if said else ItemAnswer.NO for item, said in found.items()}


def _is_said(sought: PhraseList, rule: Phrases, dialogue: Dialogue) -> bool:
    said = [one for turn in dialogue.of(rule.speaker) for one in turn.said]
    first = said[0].start if said else 0.0
    if rule.where.first_seconds is not None:
        said = [one for one in said if one.start < first + rule.where.first_seconds]
    if rule.where.last_seconds is not None:
        said = [one for one in said if one.end > dialogue.end - rule.where.last_seconds]
    if rule.where.later:
        said = [one for one in said if one.start > first]
    return _has(sought, [one.text for one in said], dialogue)


def _is_silent(rule: Silence, dialogue: Dialogue) -> bool:
    notices = dialogue.lists[rule.notices]
    for start, end in gaps([*dialogue.spoken(AGENT), *dialogue.spoken(CALLER)], dialogue.end):
        before = [one.text for turn in dialogue.of(AGENT) for one in turn.said if one.end <= start + 0.1]
        if end - start > rule.seconds and not _has(notices, before[-1:], dialogue):
            return True
    return False


def _has(sought: PhraseList, texts: list[str], dialogue: Dialogue) -> bool:
    plain = [_plain(text, dialogue.scorer.language) for text in texts]
    return any(re.search(_pattern(one.text, dialogue.scorer.language), text) for one in sought.say for text in plain)


def _plain(text: str, language: Language) -> str:
    if language is Language.MANDARIN:
        return re.sub(r"[^\w]|_", "", simplified(text))
    return " ".join(re.findall(r"[\w]+", text.lower().replace("'", "")))


def _pattern(text: str, language: Language) -> str:
    bare = text.strip().removeprefix("^").removesuffix("$").replace("...", "…")
    pieces = [piece for piece in re.split(r"(…|\{\w+\})", bare) if piece.strip()]
    between = "" if language is Language.MANDARIN else r"\s*"
    made = between.join(SLOTS.get(piece, re.escape(_plain(piece, language))) for piece in pieces)
    return made if language is Language.MANDARIN else rf"\b{made}\b"
