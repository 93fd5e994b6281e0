"""What one side tells, in their own words or by saying yes to the other's question. Pure."""

from itertools import pairwise

from qa.dialogue import Dialogue
from qa.phrases import Hit, hits
from qa.said import Turn
from qa.scorecards.card import Told

# A yes to a question that names the thing is nearly as good as naming it.
BY_YES = 0.9
LIKELY = 0.7
# A no among the first words of a reply takes its yes back: "yes, I am fine, no fever".
DENIED_WITHIN = 12


def told(rule: Told, dialogue: Dialogue) -> list[Hit]:
    """Where it is told, the likeliest first."""
    found = [hit for turn in dialogue.of(rule.speaker) for name in rule.any_of for hit in dialogue.hits(name, turn)]
    found += _affirmed(rule, dialogue)
    return sorted(found, key=lambda hit: -hit.probability)


def _affirmed(rule: Told, dialogue: Dialogue) -> list[Hit]:
    """Questions of the other side that name it and are answered with yes."""
    turns = [turn for turn in dialogue.turns if turn.tokens]
    found = []
    for question, reply in pairwise(turns):
        if question.speaker == rule.speaker or reply.speaker != rule.speaker:
            continue
        agreed = _agrees(rule, reply, dialogue)
        if agreed is not None:
            asked = [hit for name in (*rule.any_of, *rule.asked) for hit in _asked(name, question, dialogue)]
            found += [Hit(reply, agreed.find, BY_YES * hit.probability) for hit in asked[:1]]
    return found


def _agrees(rule: Told, reply: Turn, dialogue: Dialogue) -> Hit | None:
    """The yes at the reply's beginning, unless a no stands there."""
    if any(hit.find.first <= DENIED_WITHIN for hit in dialogue.hits(rule.denies, reply)):
        return None
    yes = [hit for hit in dialogue.hits(rule.affirms, reply) if hit.find.first <= 1]
    return yes[0] if yes else None


def _asked(name: str, question: Turn, dialogue: Dialogue) -> list[Hit]:
    """The thing in the last words of a question; "have you any …" is no denial here."""
    words = dialogue.lists[name]
    bare = type(words)(words.name, words.say, (), words.unless)
    near_end = question.end - 8.0
    return [hit for hit in hits(bare, question, dialogue.ear) if hit.probability >= LIKELY and hit.start >= near_end]
