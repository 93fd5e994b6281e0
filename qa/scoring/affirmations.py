"""Statements of one side, in their own words or by saying yes to the other's question. Pure."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from qa.scorecards.machine_rules import Statement
from qa.scorecards.phrase_lists_file import PhraseList
from qa.scoring.dialogue import Dialogue
from qa.scoring.phrase_match import NEAR, WEAK, PhraseHit, exact_matches, phrase_hits
from qa.scoring.tokens import DialogueTurn
from qa.scoring.wording import WordingMatch

# A yes to a question that names the thing is nearly as good as naming it.
BY_YES = 0.9
LIKELY = 0.7
# A no among the first words of a reply takes its yes back: "yes, I am fine, no fever".
DENIED_WITHIN = 12
# Between things that are asked in one breath stand so many tokens at most: "fever, dizziness or any swelling".
JOINED = 2


def statements(rule: Statement, dialogue: Dialogue) -> list[PhraseHit]:
    """Return where it is told, the likeliest first."""
    hits = [hit for turn in dialogue.of(rule.speaker) for name in rule.any_of for hit in dialogue.hits(name, turn)]
    hits += _affirmed(rule, dialogue)
    return sorted(hits, key=lambda hit: -hit.probability)


def _affirmed(rule: Statement, dialogue: Dialogue) -> list[PhraseHit]:
    """Return questions of the other side that name it and are answered with yes."""
    turns = [turn for turn in dialogue.turns if turn.tokens]
    hits = []
    for question, reply in pairwise(turns):
        if question.speaker == rule.speaker or reply.speaker != rule.speaker:
            continue
        asked = _asked((*rule.any_of, *rule.asked), question, dialogue)
        if asked:
            is_negative = _presumes_not(rule, asked, dialogue)
            yes = _yes(rule, rule.insists if is_negative else rule.affirms, reply, dialogue)
            hits += [PhraseHit(reply, find, chance * BY_YES * asked[-1].probability) for find, chance in yes]
    return hits


def _yes(rule: Statement, affirms: str, reply: DialogueTurn, dialogue: Dialogue) -> list[tuple[WordingMatch, float]]:
    """Return the yes at the reply's beginning and what it is worth; none when a no stands there."""
    if any(hit.find.first <= DENIED_WITHIN for hit in dialogue.hits(rule.denies, reply)):
        return []
    weak = dialogue.lists[affirms].weak
    yes = [hit.find for hit in dialogue.hits(affirms, reply) if hit.find.first <= 1]
    return sorted(((find, WEAK if find.wording in weak else 1.0) for find in yes), key=lambda one: -one[1])[:1]


def _asked(names: Iterable[str], question: DialogueTurn, dialogue: Dialogue) -> list[PhraseHit]:
    """Return the things in the last words of a question, as they come; "have you any …" is no denial here."""
    near_end = question.end - 8.0
    hits: list[PhraseHit] = []
    for name in names:
        words = dialogue.lists[name]
        bare = PhraseList(words.name, words.say, (), words.unless)
        hits += phrase_hits(bare, question, dialogue.scorer)
    likely = [hit for hit in hits if hit.probability >= LIKELY and hit.start >= near_end]
    return sorted(likely, key=lambda hit: hit.start)


def _presumes_not(rule: Statement, asked: Sequence[PhraseHit], dialogue: Dialogue) -> bool:
    """Return whether a "no" stands before the last thing asked, or before the enumeration that ends with it."""
    question, first = asked[-1].turn, asked[-1].find.first
    for hit in reversed(asked):
        if first - hit.find.last <= JOINED:
            first = min(first, hit.find.first)
    nos = exact_matches(dialogue.lists[rule.presumes_not], question, dialogue.scorer.language)
    near = [no.last for no in nos if no.last <= first <= no.last + NEAR]
    return any(not any(token.stops for token in question.tokens[last - 1 : first]) for last in near)
