"""Items about time: silence, hold, talking over, shares, speed, first words; each a probability and places. Pure."""

import math
from collections.abc import Sequence

from qa.scorecards.machine_rules import FirstWords, HoldLength, Silence, Speed, TalkOver, TalkShare
from qa.scoring.dialogue import AGENT, CALLER, Dialogue, Span, gaps, overlap

Measured = tuple[float | None, Sequence[Span]]
# How sure the edges of speech are, in seconds.
EDGE_SECONDS = 0.15
LIKELY = 0.5
LEAST_SPEECH_SECONDS = 5.0


def silence(rule: Silence, dialogue: Dialogue) -> Measured:
    """Judge whether nobody speaks for longer than the rule allows, without a notice before it."""
    silences: list[tuple[float, Span]] = []
    for gap in _silences(dialogue):
        chance = above(gap[1] - gap[0], rule.seconds)
        if chance > 0.01:
            # The sound may hold speech that was not understood: then a person has to listen.
            unheard = _speech_within(gap, dialogue)
            if unheard and above(max(b - a for a, b in gaps(unheard, gap[1]) if a >= gap[0]), rule.seconds) < LIKELY:
                chance *= LIKELY
            silences.append((chance * (1 - _excused(gap, rule, dialogue)), gap))
    best = max((chance for chance, _ in silences), default=0.0)
    return max(0.01, best), [gap for chance, gap in silences if chance > LIKELY / 2]


def hold(rule: HoldLength, dialogue: Dialogue) -> Measured:
    """Judge whether every hold ends in time; `None` where nobody was put on hold."""
    limit = Silence.model_construct(seconds=0.0, notices=rule.notices, excuses_seconds=math.inf)
    held = [gap for gap in _silences(dialogue) if gap[1] - gap[0] > 4.0 and _excused(gap, limit, dialogue) >= LIKELY]
    if not held:
        return None, []
    longest = max(held, key=lambda gap: gap[1] - gap[0])
    return 1 - above(longest[1] - longest[0], rule.seconds), [longest]


def talk_over(rule: TalkOver, dialogue: Dialogue) -> Measured:
    """Judge whether the agent begins to speak while the caller does more often than the rule allows."""
    caller = dialogue.spoken(CALLER)
    over = [
        (start, end)
        for start, end in dialogue.spoken(AGENT)
        for other in caller
        if other[0] + 0.3 < start and overlap((start, end), other) > rule.seconds
    ]
    minutes = max(0.5, dialogue.end / 60)
    # One more or less is chance; the tenth part of a minute's count is the edge.
    return _sigmoid((len(over) / minutes - rule.per_minute) * 3), over[:5]


def talk_share(rule: TalkShare, dialogue: Dialogue) -> Measured:
    """Judge whether the agent's part of all speech lies within the rule's bounds."""
    agent, caller = _length(dialogue.spoken(AGENT)), _length(dialogue.spoken(CALLER))
    if agent + caller < LEAST_SPEECH_SECONDS:
        return None, []
    share = agent / (agent + caller)
    return min(_sigmoid((share - rule.least) * 60), _sigmoid((rule.most - share) * 60)), []


def speed(rule: Speed, dialogue: Dialogue) -> Measured:
    """Judge whether the agent speaks neither too slowly nor too fast."""
    seconds = _length(dialogue.spoken(AGENT))
    if seconds < LEAST_SPEECH_SECONDS:
        return None, []
    rate = 60 * sum(len(turn.tokens) for turn in dialogue.of(AGENT)) / seconds
    low, high = rule.least[dialogue.scorer.language], rule.most[dialogue.scorer.language]
    return min(_sigmoid((rate - low) / 5), _sigmoid((high - rate) / 10)), []


def first_words(rule: FirstWords, dialogue: Dialogue) -> Measured:
    """Judge whether the agent speaks within the rule's seconds."""
    spoken = dialogue.spoken(AGENT)
    if not spoken:
        return 0.02, []
    return 1 - above(spoken[0][0], rule.seconds), [(0.0, spoken[0][0])]


def above(seconds: float, limit: float) -> float:
    """Return the probability that a measured length is over the limit."""
    return _sigmoid((seconds - limit) / EDGE_SECONDS)


def _silences(dialogue: Dialogue) -> list[Span]:
    """Return where nobody speaks; the end counts only while the caller waits for an answer."""
    spans = gaps([*dialogue.spoken(AGENT), *dialogue.spoken(CALLER)], dialogue.seconds)
    last = dialogue.turns[-1] if dialogue.turns else None
    if spans and last is not None and last.speaker == AGENT and spans[-1][1] >= dialogue.seconds:
        spans.pop()
    return spans


def _speech_within(gap: Span, dialogue: Dialogue) -> list[Span]:
    inside = [span for spans in dialogue.speech.values() for span in spans if overlap(gap, span) > 0.3]
    return [(-math.inf, gap[0]), *inside] if inside else []


def _excused(gap: Span, rule: Silence, dialogue: Dialogue) -> float:
    """Return the probability that the agent, with their last words before it, asked the caller to wait this long."""
    before = [turn for turn in dialogue.of(AGENT) if turn.start < gap[0]]
    if not before or gap[1] - before[-1].end > rule.excuses_seconds:
        return 0.0
    turn = before[-1]
    notices = [hit for hit in dialogue.hits(rule.notices, turn) if hit.end > turn.end - 15.0]
    return max((hit.probability for hit in notices), default=0.0)


def _length(spans: Sequence[Span]) -> float:
    return sum(end - start for start, end in spans)


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, value))))
