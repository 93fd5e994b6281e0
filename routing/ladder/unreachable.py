"""Callers whose whole queue cannot be reached: help comes at once, and where none can come, the next way out. Pure.

A queue counts its overflow in rings, which pass while phones ring. Where none can ring, nothing is to be waited for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from routing.ladder.candidates import meets
from routing.ladder.floor_state import QueuedCaller
from routing.queues.queues import HelpingQueue, OverflowRule

Helpers = tuple[HelpingQueue, ...]


class ReachableSkills:
    """What the people who are there, or may be back any moment, can do: their skills."""

    def __init__(self, skills: Iterable[Mapping[str, int]]) -> None:
        """The skills of each of them, whatever their status and state: who talks will be free again."""
        self._skills: Sequence[Mapping[str, int]] = list(skills)
        self._known: dict[tuple[tuple[str, int], ...], bool] = {}
        # By the line they belong to: callers of one line keep one object, by which the ladder knows them.
        self._hastened: dict[int, Helpers] = {}

    def can_serve(self, required_skills: Mapping[str, int]) -> bool:
        """Return whether anybody has these skills."""
        key = tuple(sorted(required_skills.items()))
        if key not in self._known:
            self._known[key] = any(meets(skills, required_skills) for skills in self._skills)
        return self._known[key]

    def hasten(self, caller: QueuedCaller) -> QueuedCaller:
        """Return the caller as they are, or with the overflow due now where nobody of their queue can be reached."""
        if caller.only_agent_id is not None:
            return caller
        wishes = [caller.required_skills, *(rung.required_skills for rung in caller.ladder if rung.required_skills)]
        if any(self.can_serve(required_skills) for required_skills in wishes):
            return caller
        if any(self.can_serve(required_skills) for _, required_skills in caller.helpers):
            return replace(caller, helpers=self._due_now(caller.helpers))
        return replace(caller, exits=tuple(_at_once(way) for way in caller.exits))

    def _due_now(self, helpers: Helpers) -> Helpers:
        if id(helpers) not in self._hastened:
            self._hastened[id(helpers)] = tuple(
                HelpingQueue(_at_once(way), required_skills) for way, required_skills in helpers
            )
        return self._hastened[id(helpers)]


def _at_once(way: OverflowRule) -> OverflowRule:
    return replace(way, after_rings=0, after=None)
