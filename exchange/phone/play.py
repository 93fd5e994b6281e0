"""Many scripted phones at once, in one process, reported as one line of JSON per event."""

import asyncio
import json
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from exchange.media import wav_file
from exchange.phone.client import PhoneClient
from exchange.phone.errors import PhoneError
from exchange.phone.script import PlayActor, ScriptStep
from exchange.phone.script_runner import AnswerPlan, ScriptRunner, call_out, load_sounds

INTERRUPTED = 130
LAST_WORDS_SECONDS = 2.0


@dataclass
class PlayContext:
    """The common ground of all phones of a play: the exchange, the clock, the sounds' folder and the output."""

    exchange: str
    token: str
    folder: Path
    out: TextIO
    record_to: Path | None = None
    trace: bool = False
    started: float = field(default_factory=time.monotonic)

    def tell(self, phone: str, event: str, **fields: Any) -> None:
        line = {"at": round(time.monotonic() - self.started, 3), "phone": phone, "event": event, **fields}
        print(json.dumps(line, ensure_ascii=False), file=self.out, flush=True)


class ActorPhone:
    """One actor with a phone."""

    def __init__(self, actor: PlayActor, scene: PlayContext) -> None:
        self.actor = actor
        self._scene = scene
        keeps_sound = scene.record_to is not None
        self.phone = PhoneClient(
            scene.exchange,
            actor.address,
            token=scene.token,
            listener=self._listen,
            keeps_sound=keeps_sound,
            trace=scene.trace,
        )
        self._performer = ScriptRunner(self.phone, load_sounds(_steps(actor), scene.folder), self._emit)
        self._recordings = 0

    async def call(self) -> bool:
        """Make this actor's call at its time; return whether the script came to its end."""
        await asyncio.sleep(self._scene.started + self.actor.at - time.monotonic())
        try:
            await call_out(self._performer, self.phone, self.actor.dial or "", self.actor.steps)
        except PhoneError as error:
            self._emit("failed", reason=str(error))
            return False
        self._emit("done")
        return True

    async def take_calls(self, rota: AnswerPlan) -> None:
        await self._performer.take_calls(rota)

    def _emit(self, event: str, **fields: Any) -> None:
        self._scene.tell(self.actor.address, event, **fields)

    def _listen(self, message: dict[str, Any]) -> None:
        fields = {name: value for name, value in message.items() if name != "type"}
        if message.get("type") == "trace":
            self._emit(str(fields.pop("name", "trace")), **fields)
        else:
            self._emit(str(message.get("type")), **fields)
        if message.get("type") == "ended" and self._scene.record_to and self.phone.call.heard:
            self._recordings += 1
            name = f"{self.actor.address.replace(':', '-')}-{self._recordings}.wav"
            wav_file.write(self._scene.record_to / name, [bytes(self.phone.call.heard)])


async def play(actors: Sequence[PlayActor], scene: PlayContext) -> int:
    """Register every phone, start the clock, wait for all who dial; 0 if all scripts came to their end, else 1.

    Where nobody dials, the phones stay until they are interrupted.
    """
    players = [ActorPhone(actor, scene) for actor in actors]
    async with AsyncExitStack() as phones:
        for player in players:
            await phones.enter_async_context(player.phone)
        await asyncio.gather(*(player.phone.registered() for player in players))
        scene.started = time.monotonic()
        scene.tell("", "started", phones=len(players))
        rotas = {each.actor.crew or each.actor.address: AnswerPlan(each.actor.incoming) for each in players}
        takers = [
            asyncio.create_task(each.take_calls(rotas[each.actor.crew or each.actor.address]))
            for each in players
            if each.actor.incoming
        ]
        try:
            callers = [player for player in players if player.actor.dial]
            if not callers:
                await asyncio.Event().wait()  # phones that are only called stay until somebody stops them
            done = await asyncio.gather(*(player.call() for player in callers))
            await _until_idle([player.phone for player in players])
        finally:
            for taker in takers:
                taker.cancel()
            await asyncio.gather(*takers, return_exceptions=True)
    scene.tell("", "finished", callers=len(done), complete=sum(done))
    return 0 if all(done) else 1


def _is_idle(phone: PhoneClient) -> Callable[[], bool]:
    return lambda: not phone.is_busy


async def _until_idle(phones: Sequence[PhoneClient]) -> None:
    """Wait until those who were called hear that the caller has gone, so that their last events are told too."""
    await asyncio.gather(*(phone.until(_is_idle(phone), LAST_WORDS_SECONDS) for phone in phones))


def perform(actors: Sequence[PlayActor], scene: PlayContext) -> int:
    """Run a play until it ends or SIGINT or SIGTERM comes, in which case every phone hangs up first (status 130)."""
    return asyncio.run(_interruptible(actors, scene))


async def _interruptible(actors: Sequence[PlayActor], scene: PlayContext) -> int:
    playing = asyncio.create_task(play(actors, scene))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, playing.cancel)
    try:
        return await playing
    except asyncio.CancelledError:
        scene.tell("", "interrupted")
        return INTERRUPTED


def _steps(actor: PlayActor) -> list[ScriptStep]:
    return [*actor.steps, *(step for call in actor.incoming for step in call.steps)]
