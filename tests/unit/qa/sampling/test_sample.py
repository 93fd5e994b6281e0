"""Whom chance picks: quotas, strata, rules, and that a draw can be repeated."""

from collections import Counter
from dataclasses import replace
from math import ceil, floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.sampling.sample import Candidate, Quota, TargetRule, draw, spot_checks

# The machine of the tests may be busy with others.
UNHURRIED = settings(deadline=None)

RULES = (TargetRule("complaint"), TargetRule("long_silence", 1))


def day(count: int, agent: str = "a", queues: str = "bn") -> list[Candidate]:
    return [
        Candidate(f"{agent}{number}", agent, queues[number % len(queues)], 8 + number % 9) for number in range(count)
    ]


calls = st.builds(
    Candidate,
    call_id=st.uuids().map(str),
    agent_id=st.sampled_from("abc"),
    queue=st.sampled_from("xyz"),
    hour=st.integers(8, 17),
    traits=st.frozensets(st.sampled_from(["complaint", "long_silence"])),
)
days = st.lists(calls, max_size=60, unique_by=lambda one: one.call_id)
quotas = st.builds(Quota, st.floats(0, 1), st.integers(0, 3), st.integers(3, 8))


@UNHURRIED
@given(days, quotas, st.text(max_size=5))
def test_every_agent_gets_the_quota_and_nothing_twice(found: list[Candidate], quota: Quota, seed: str) -> None:
    drawn = draw(found, quota, RULES, seed)
    picked = [one.call_id for one in drawn.drawn]
    assert len(picked) == len(set(picked))
    there = Counter(one.agent_id for one in found)
    at_random = Counter(one.agent_id for one in drawn.drawn if one.is_random)
    for agent, count in there.items():
        assert at_random[agent] == quota.of(count)
        assert min(count, quota.least) <= at_random[agent] <= max(quota.least, quota.most)


@UNHURRIED
@given(days, quotas, st.text(max_size=5))
def test_rules_send_what_they_may_and_say_what_they_left_out(found: list[Candidate], quota: Quota, seed: str) -> None:
    drawn = draw(found, quota, RULES, seed)
    traits = {one.call_id: one.traits for one in found}
    for one in drawn.drawn:
        assert set(one.reasons) == set(traits[one.call_id])
        assert one.is_random or one.reasons
    sent = {one.call_id for one in drawn.drawn}
    assert all(one.call_id in sent for one in found if "complaint" in one.traits)
    silent = sum("long_silence" in one.traits and one.call_id not in sent for one in found)
    assert drawn.excluded.get("long_silence", 0) == silent


@UNHURRIED
@given(days, st.text(max_size=5), st.randoms())
def test_a_draw_depends_on_its_seed_and_calls_not_on_their_order(
    found: list[Candidate], seed: str, shuffle: object
) -> None:
    other = list(found)
    shuffle.shuffle(other)  # type: ignore[attr-defined] # hypothesis passes a random.Random
    assert draw(found, Quota(), RULES, seed) == draw(other, Quota(), RULES, seed)


@UNHURRIED
@given(st.integers(1, 80), st.integers(1, 20), st.text(max_size=5))
def test_strata_get_their_share_rounded_up_or_down(size: int, count: int, seed: str) -> None:
    found = day(size, queues="bnnqxyz")
    count = min(count, size)
    got = Counter(one.queue for one in spot_checks(found, count, seed))
    for queue, there in Counter(one.queue for one in found).items():
        share = there * count / size
        assert floor(share - 1e-9) <= got[queue] <= ceil(share + 1e-9)


@pytest.mark.parametrize(("there", "drawn"), [(0, 0), (1, 1), (20, 1), (21, 2), (40, 2), (41, 3), (60, 3), (400, 3)])
def test_a_quota_is_the_share_rounded_up_within_its_bounds(there: int, drawn: int) -> None:
    assert Quota(share=0.05, least=1, most=3).of(there) == drawn


def test_every_hour_of_a_queue_gets_its_share() -> None:
    found = [Candidate(f"c{number}", "a", "b", 8 + number % 8) for number in range(32)]
    for seed in "abcdef":
        assert sorted(one.hour for one in spot_checks(found, 8, seed)) == list(range(8, 16))


def test_any_two_queues_can_be_drawn_together() -> None:
    found = day(4, queues="bnqx")
    pairs = {frozenset(one.queue for one in spot_checks(found, 2, str(seed))) for seed in range(300)}
    assert len(pairs) == 6


def test_a_rule_sends_no_more_than_its_limit_and_counts_the_rest() -> None:
    silent = [replace(one, traits=frozenset({"long_silence"})) for one in day(5)]
    drawn = draw(silent, Quota(0, 0, 3), RULES, "s")
    assert [one.reasons for one in drawn.drawn] == [("long_silence",)]
    assert drawn.excluded == {"long_silence": 4}


def test_every_call_has_the_same_chance() -> None:
    found = day(20, queues="bbbn")
    hits: Counter[str] = Counter()
    for number in range(4000):
        hits.update(one.call_id for one in spot_checks(found, 3, str(number)))
    assert set(hits) == {one.call_id for one in found}
    # 600 each is expected with a deviation of 22.6.
    assert all(500 < count < 700 for count in hits.values()), hits


def test_traits_change_nothing_of_what_chance_picks() -> None:
    found = day(30)
    marked = [replace(one, traits=frozenset({"complaint"} if number % 3 else ())) for number, one in enumerate(found)]
    for seed in "abcdefgh":
        plain = {one.call_id for one in draw(found, Quota(), RULES, seed).drawn if one.is_random}
        assert plain == {one.call_id for one in draw(marked, Quota(), RULES, seed).drawn if one.is_random}
