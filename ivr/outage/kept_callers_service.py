"""The callers whom this process keeps while the database is away, and what is made up for them once it is back."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ivr.dialogue import service
from ivr.dialogue.context import VoiceContext
from ivr.outage import broken_off_service, keeping
from ivr.outage.keeping import Wait
from ivr.prompts.melody import PIECE_SECONDS
from telephony.turn import Turn
from telephony.verbs import DialNumber, Say, Verb

# A caller who is kept asks again every few seconds; who has not for so long has hung up.
GONE_SECONDS = 60.0
# Ids of lines that are remembered; a flood of calls must not fill the memory.
MOST_KEPT = 10_000


@dataclass
class KeptCaller:
    """A caller who was kept: what they last said and when (monotonic), and whether they are led to a number outside."""

    turn: Turn
    heard: float
    is_forwarded: bool = False


class KeptCallers:
    """What one voice process tells callers during an outage, and whom it told."""

    def __init__(self, voice: VoiceContext) -> None:
        """Nobody is kept yet."""
        self._voice = voice
        self._callers: dict[str, KeptCaller] = {}
        self._lock = threading.Lock()

    def help(self, turn: Turn, since: float | None, now: datetime) -> Sequence[Verb]:
        """Return the next document of a caller who asked for help."""
        settings = self._voice.app.settings
        wait = self._wait(since, now)
        verbs = keeping.kept(wait, settings.outage_number, turn, settings.hotline_number)
        self._note(turn, is_forwarded=any(isinstance(verb, DialNumber) for verb in verbs))
        return self._voiced(verbs)

    def in_queue(self, turn: Turn, path: str, since: float | None, now: datetime) -> Sequence[Verb]:
        """Return the next document of a caller in line."""
        self._note(turn)
        return self._voiced(keeping.in_queue(self._wait(since, now), path, self._voice.app.settings.outage_number))

    def once_more(self, path: str, since: float | None, now: datetime) -> Sequence[Verb]:
        """Return the next document of any other line."""
        return self._voiced(keeping.once_more(self._wait(since, now), path))

    def forget(self, sid: str | None) -> None:
        """The service has this caller again."""
        if self._callers:
            with self._lock:
                self._callers.pop(sid or "", None)

    def _wait(self, since: float | None, now: datetime) -> Wait:
        begun = now.timestamp() if since is None else min(since, now.timestamp())
        seconds = now.timestamp() - begun
        return Wait(begun, seconds, self._voice.sounds.piece(int(seconds // PIECE_SECONDS)))

    def _voiced(self, verbs: Sequence[Verb]) -> Sequence[Verb]:
        held = self._voice.sounds.held
        return [held(verb) if isinstance(verb, Say) else verb for verb in verbs]

    def _note(self, turn: Turn, *, is_forwarded: bool = False) -> None:
        with self._lock:
            if turn.call_sid is not None and len(self._callers) < MOST_KEPT:
                self._callers[turn.call_sid] = KeptCaller(turn, time.monotonic(), is_forwarded)

    def make_up(self, now: datetime) -> int:
        """Write down whom the number outside has, and promise a call to whoever hung up; how many are still awaited.

        For a minute after the outage callers come back by themselves; who does not has hung up.
        """
        with self._lock:
            callers = dict(self._callers)
        for sid, caller in callers.items():
            if caller.is_forwarded:
                service.first_turn(self._voice, caller.turn, now)
                broken_off_service.forwarded(self._voice.app.database, self._voice.app.notifier, sid, now)
                self.forget(sid)
            elif time.monotonic() - caller.heard > GONE_SECONDS:
                broken_off_service.promise(self._voice.app, self._voice.flow, sid, now)
                self.forget(sid)
        with self._lock:
            return len(self._callers)
