"""Runs scripts on a phone: steps of a call made, and calls that come in."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from exchange.media import sound_file
from exchange.media.dtmf import key_tones
from exchange.phone import script
from exchange.phone.client import PhoneClient
from exchange.phone.errors import CallOver, PhoneError, ScriptError, StepFailed
from exchange.phone.phone_call import CallStage, PhoneCall
from exchange.phone.script import IncomingPlan, OnRing, ScriptStep

HANG_UP_SECONDS = 5.0
Emit = Callable[..., None]


class ScriptRunner:
    """Runs steps on one phone. `sounds` holds every WAV file the steps speak, `emit(event, **fields)` is told of it."""

    def __init__(self, phone: PhoneClient, sounds: dict[str, bytes], emit: Emit) -> None:
        self._phone = phone
        self._sounds = sounds
        self._emit = emit
        self._prompts_seen = 0

    async def perform(self, steps: Sequence[ScriptStep], call: PhoneCall) -> None:
        """Do the steps in order, then hang up if nobody has. Raises `StepFailed` or `CallOver`, hung up as well."""
        self._prompts_seen = 0
        try:
            for step in steps:
                self._emit("step", step=step.name, line=step.place.line)
                await self._do(step, call)
        except CallOver as error:
            raise CallOver(f"{step.place.field} (line {step.place.line}) {step.name}: {error}") from error
        finally:
            await self._end(call)

    async def take_calls(self, rota: "AnswerPlan") -> None:
        """Answer every incoming call as the plan says; never return."""
        while True:
            await self._phone.until(lambda: self._phone.call.stage is CallStage.RINGING, None)
            call = self._phone.call
            try:
                await self._take(rota.next(), call)
            except PhoneError as error:
                self._emit("cut", reason=str(error))
                await self._phone.until(_is_over(call), HANG_UP_SECONDS)

    async def _take(self, plan: IncomingPlan, call: PhoneCall) -> None:
        if await self._pick_up(plan.on_ring, call):
            await self.perform(plan.steps, call)
        else:
            await self._phone.until(_is_over(call), None)
            self._emit("not_taken", reason=call.reason, rings=call.rings)

    async def _pick_up(self, on_ring: OnRing, call: PhoneCall) -> bool:
        """Return whether the call was answered: it may stop ringing first."""
        if on_ring.reject or on_ring.busy:
            await (self._phone.reject() if on_ring.reject else self._phone.busy())
            return False
        if on_ring.ignore:
            return False
        if on_ring.answer_after_seconds is not None:
            await self._phone.until(_is_over(call), on_ring.answer_after_seconds)
        rings = on_ring.answer_after_rings or 1
        await self._phone.until(lambda: call.rings >= rings or call.stage is CallStage.OVER, None)
        if call.stage is CallStage.OVER:
            return False
        await self._phone.answer()
        await self._phone.until(lambda: call.stage is not CallStage.RINGING, HANG_UP_SECONDS)
        return call.stage is CallStage.UP

    async def _end(self, call: PhoneCall) -> None:
        if call.stage is CallStage.OVER:
            return
        with suppress(CallOver):  # without a connection the exchange has ended the call already
            await self._phone.hang_up(call)
        await self._phone.until(_is_over(call), HANG_UP_SECONDS)

    async def _do(self, step: ScriptStep, call: PhoneCall) -> None:  # a table of one line each
        match step.action:
            case script.LetTimePass(seconds):
                await self._phone.until(_is_over(call), seconds)
            case script.Press(keys):
                self._prompts_seen = len(call.prompts)  # what comes next answers the key
                await self._say(key_tones(keys), call)
            case script.Speak(file):
                await self._say(self._sounds[file], call)
            case script.HangUp():
                await self._end(call)
            case script.Expect(heard, event, timeout):
                await self._expect(step, heard, event, timeout)
            case action:
                await self._wait(step, action, call)

    async def _say(self, pcm: bytes, call: PhoneCall) -> None:
        await self._phone.until(lambda: call.stage in (CallStage.UP, CallStage.OVER), script.LONGEST_WAIT)
        await self._phone.say(pcm, call)

    async def _wait(self, step: ScriptStep, action: Any, call: PhoneCall) -> None:
        """Wait until it is so, or the call is over, or it lasts too long."""
        if isinstance(action, script.WaitForPrompt) and action.fresh:
            self._prompts_seen = len(call.prompts)
        is_so = self._condition(action, call)
        came = await self._phone.until(lambda: is_so() or call.stage is CallStage.OVER, action.timeout)
        if came and is_so():
            if isinstance(action, script.WaitForPrompt):
                self._prompts_seen = (self._prompt(action, call) or 0) + 1
        elif came:
            raise CallOver(f"the call was over ({call.reason})")
        elif action.required:
            raise StepFailed(
                f"{step.place.field} (line {step.place.line}) {step.name}: waited {action.timeout:g} s in vain"
            )
        else:
            self._emit("gave_up", step=step.name, line=step.place.line)

    def _condition(self, action: Any, call: PhoneCall) -> Callable[[], bool]:
        match action:
            case script.WaitForAnswer():
                return lambda: call.stage is CallStage.UP
            case script.WaitForPrompt():
                return lambda: self._prompt(action, call) is not None
            case script.WaitForSilence(seconds):
                return lambda: call.monitor.quiet_seconds >= seconds
            case script.WaitForSpeechEnd(quiet):
                return lambda: call.monitor.is_turn_over(quiet)
            case _:
                return _is_over(call)

    def _prompt(self, step: script.WaitForPrompt, call: PhoneCall) -> int | None:
        """Return the number of the first such prompt that no earlier step waited for; it may have begun before this
        step.
        """
        for number in range(self._prompts_seen, len(call.prompts)):
            state, words = call.prompts[number]
            if state == step.state and re.search(step.pattern, words, re.IGNORECASE):
                return number
        return None

    async def _expect(self, step: ScriptStep, heard: str | None, event: str | None, timeout: float) -> None:
        phone = self._phone
        if heard:
            holds = await phone.until(lambda: phone.call.monitor.hears(heard), timeout)
        else:
            holds = await phone.until(
                lambda: any(event in (m.get("type"), m.get("name")) for m in phone.messages), timeout
            )
        if not holds:
            raise StepFailed(
                f"{step.place.field} (line {step.place.line}) expected {heard or event} within {timeout:g} s"
            )


class AnswerPlan:
    """How the calls of one phone, or of a crew, are taken: in order, the last way again and again."""

    def __init__(self, incoming: Sequence[IncomingPlan]) -> None:
        self._incoming = incoming
        self._taken = 0

    def next(self) -> IncomingPlan:
        plan = self._incoming[min(self._taken, len(self._incoming) - 1)]
        self._taken += 1
        return plan


def _is_over(call: PhoneCall) -> Callable[[], bool]:
    return lambda: call.stage is CallStage.OVER


def load_sounds(steps: Sequence[ScriptStep], folder: Path) -> dict[str, bytes]:
    """Read every file the steps speak before anything is dialled. Raises `ScriptError` that names the step of a faulty
    one.
    """
    sounds: dict[str, bytes] = {}
    for step in steps:
        if isinstance(step.action, script.Speak) and step.action.file not in sounds:
            try:
                sounds[step.action.file] = sound_file.read(folder / step.action.file)
            except (OSError, ValueError) as error:
                reason = error.strerror if isinstance(error, OSError) else str(error)
                place = step.place
                raise ScriptError(
                    place.file, place.line, f"{place.field}.speak", f"{step.action.file}: {reason}"
                ) from error
    return sounds


async def call_out(performer: ScriptRunner, phone: PhoneClient, to: str, steps: Sequence[ScriptStep]) -> None:
    """Dial and do the steps. Raises `StepFailed` or `CallOver` if they could not all be done."""
    call = await phone.dial(to)
    await performer.perform(steps, call)
