"""The whole house for tests: every process of the Procfile with the local exchange, and phones that play a script."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select, update

from cli.local import embedded
from cli.local.processes import LocalHotline
from hotline import clock
from hotline.context import AppContext
from hotline.models import Agent, Call, Job, Offer, QueueEntry, Recording, Row, Transcript
from hotline.values.states.agent import AgentState
from hotline.values.states.call import CallStatus
from hotline.values.states.job import JobState
from hotline.values.states.recording import RecordingState
from routing.agents import hospital_file, hospital_service
from routing.queues import queues_file
from tests.support.servers import wait_for

NUMBER = embedded.HOTLINE_NUMBER
LINES = Path("cli/demo/audio").resolve()
TEXTS = json.loads((LINES / "lines.json").read_text("utf-8"))
GREETING = str(LINES / "agent-greets.wav")
QUESTION = str(LINES / "caller-clinic-at-weekend.wav")
ANSWER = str(LINES / "agent-weekend-mornings.wav")


def words_of(line: str) -> str:
    """What is said in one of the demo's lines, by its file."""
    return str(TEXTS[Path(line).stem]["text"])


class Stage:
    """A running house, what its database holds, and the means to hurt it."""

    def __init__(
        self, house: LocalHotline, context: AppContext, folder: Path, lines: list[str], *, is_deaf: bool
    ) -> None:
        """Play in `house`; scripts go to `folder`, `lines` are what the processes print."""
        self.house = house
        # Work that nobody does in a deaf house.
        self._left = ("transcribe", "check_call") if is_deaf else ()
        self.context = context
        self.lines = lines
        self._folder = folder

    @contextlib.contextmanager
    def phones(self, *phones: dict[str, Any]) -> Iterator[subprocess.Popen[bytes]]:
        """Phones that play their scripts until the block ends."""
        script = self._folder / f"{clock.new_id()}.yaml"
        script.write_text(yaml.safe_dump({"phones": list(phones)}), "utf-8")
        environment = self.house.environment
        command = [sys.executable, "-m", "exchange", "play", "--script", str(script)]
        command += ["--exchange", f"ws://127.0.0.1:{environment['EXCHANGE_PORT']}/phones"]
        with (self._folder / "phones.log").open("ab") as log:
            process = subprocess.Popen(
                [*command, f"--token={environment['PHONE_TOKEN']}"], env=environment, stdout=log, stderr=log
            )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(20)

    def kill(self, name: str) -> None:
        """Kill -9 the process of this name, as it runs now, and wait until the supervisor has started the next."""
        process = self.house.processes.processes[name]
        running, before = process.running, process.restarts
        assert running is not None
        os.killpg(running.pid, signal.SIGKILL)
        wait_for(lambda: process.restarts > before, 15, f"{name} started again")

    def freeze(self, name: str) -> None:
        """Stop the process of this name and its children where they are: they hold their sockets and answer nobody."""
        running = self.house.processes.processes[name].running
        assert running is not None
        os.killpg(running.pid, signal.SIGSTOP)

    def rows(self, model: type[Row], *where: Any) -> list[Any]:
        """The rows of this model."""
        with self.context.database.read() as session:
            return list(session.scalars(select(model).where(*where)))

    def wait(self, claim: Callable[[], object], seconds: float, what: str) -> Any:
        """Wait for a claim about this house; on failure the last lines of its processes are shown."""
        try:
            return wait_for(claim, seconds, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n" + "\n".join(self.lines[-40:])) from None

    def call(self, number: str, **is_so: object) -> Call | None:
        """The newest call of this caller, if its fields are as said."""
        index = self.context.keyring.index(number)
        found = self.rows(Call, Call.caller_index == index)
        fits = [call for call in found if all(getattr(call, name) == value for name, value in is_so.items())]
        return max(fits, key=lambda call: call.started_at, default=None)

    def agent(self, staff_number: str = "1001") -> Agent:
        """The agent with this number, as she is now."""
        (row,) = self.rows(Agent, Agent.staff_number == staff_number)
        assert isinstance(row, Agent)
        return row

    def nothing_is_stuck(self) -> bool:
        """No agent held, no phone ringing, nobody in line, no work left."""
        held = self.rows(Agent, Agent.state.in_([AgentState.OFFERED, AgentState.TALKING]))
        ringing = self.rows(Offer, Offer.state.in_(["started", "ringing"]))
        waiting = self.rows(QueueEntry, QueueEntry.state.in_(["waiting", "won"]))
        due = self.rows(Job, Job.state == JobState.DUE, Job.kind.not_in(self._left))
        open_calls = self.rows(Call, Call.status != "ended")
        return not (held or ringing or waiting or due or open_calls)

    def calm(self, **agents: object) -> None:
        """Wait for a quiet floor; then every agent is idle, with these fields."""
        self.wait(self.nothing_is_stuck, 60, "a quiet floor")
        idle = {"state": AgentState.IDLE, "state_until": None, "offer_id": None}
        with self.context.database.write() as session:
            session.execute(update(Agent).values(idle | agents))

    def ended(self, number: str, seconds: float = 60) -> Call:
        """Wait for the end of this caller's call."""
        call = self.wait(lambda: self.call(number, status=CallStatus.ENDED), seconds, f"the end of {number}")
        assert isinstance(call, Call)
        return call

    def transcript(self, call: Call) -> Transcript:
        """Wait for what was said in this call: there is one transcript."""
        self.wait(lambda: self.recording(call).state is RecordingState.TRANSCRIBED, 60, "a transcript")
        (found,) = self.rows(Transcript, Transcript.call_id == call.id)
        assert isinstance(found, Transcript)
        return found

    def recording(self, call: Call) -> Recording:
        """The one recording of this call."""
        (recording,) = self.rows(Recording, Recording.call_id == call.id)
        assert isinstance(recording, Recording)
        return recording


@contextlib.contextmanager
def stage(folder: Path, is_deaf: bool = False, **settings: str) -> Iterator[Stage]:
    """A house in `folder` with rings of one second; `settings` are environment variables.

    A deaf one transcribes nothing, which takes more of a processor than all else in it.
    """
    lines: list[str] = []
    # Coverage of the caller's shell must not lead the house away from its own folder.
    own = ("DATABASE_URL", "REDIS_URL", "BLOB_URL", "TWILIO_", "HOTLINE_", "VOICE_", "CONSOLE_", "EXCHANGE_")
    environment = {name: text for name, text in os.environ.items() if not name.startswith(own)}
    queues = str(Path("cli/demo/queues.yaml").resolve())  # a short wrap-up
    environment |= {"RING_SECONDS": "1", "LOG_FORMAT": "text", "WORKER_LEASE_SECONDS": "3", "QUEUES_FILE": queues}
    environment |= settings
    plan = embedded.plan(folder / "home", environment, free_ports=True)
    procfile = folder / "Procfile"
    usual = Path("Procfile").read_text("utf-8")
    procfile.write_text(
        usual.replace("run worker\n", "run worker --queue dial --queue now\n") if is_deaf else usual, "utf-8"
    )
    house = LocalHotline(plan, lambda name, line: lines.append(json.dumps([name, line])), procfile)
    try:
        context = house.open(_fill)
        yield Stage(house, context, folder, lines, is_deaf=is_deaf)
    finally:
        house.close()


def _fill(context: AppContext) -> None:
    with context.database.write() as session:
        hospital_service.store(
            session, hospital_file.read(Path("cli/demo/hospital.yaml"), queues_file.of(context.settings)), clock.now()
        )


def patient(number: str, *steps: Any, key: str = "1", at: float = 0.5, language: str = "2") -> dict[str, Any]:
    """A patient who takes a language (1 Mandarin, 2 English) and one choice of the menu, then does `steps`."""
    menu: list[Any] = [
        {"wait_for_answer": 10},
        {"wait": 0.5},
        {"press": language},
        {"wait_for_prompt": {"pattern": ".", "timeout": 20}},  # the recording notice
        {"wait_for_prompt": {"pattern": ".", "timeout": 20}},  # the menu
        {"wait": 1.0},
        {"press": key},
    ]
    return {"address": number, "at": at, "dial": NUMBER, "steps": [*menu, *steps]}


def asks_and_hangs_up(question: str = QUESTION) -> list[Any]:
    """Wait for the greeting, ask, hear the answer, hang up."""
    return [
        {"wait_for_speech_end": {"quiet": 0.5, "timeout": 60}},
        {"speak": question},
        {"wait_for_speech_end": {"quiet": 0.5, "timeout": 20, "required": False}},
        "hang_up",
    ]


def agent(number: int, *calls: Any) -> dict[str, Any]:
    """The phone of an agent of the sample hospital and what it does with each call, the last one ever again."""
    return {"address": f"client:agent-{number}", "incoming": list(calls)}


def agents(*calls: Any, numbers: range = range(1, 5)) -> list[dict[str, Any]]:
    """The phones of these agents, each of which does the same with each call; without `calls` it picks up."""
    return [agent(number, *(calls or (picks_up(),))) for number in numbers]


def heard(transcript: Transcript, speaker: str) -> list[str]:
    """What this speaker was understood to say."""
    return [line.text for line in transcript.utterances if line.speaker == speaker]


def picks_up(after_seconds: float = 0.3, greeting: str = GREETING) -> dict[str, Any]:
    """Answer, greet, answer the question, wait for the end."""
    return {
        "on_ring": {"answer_after_seconds": after_seconds},
        "steps": [
            {"wait": 0.8},
            {"speak": greeting},
            {"wait_for_speech_end": {"quiet": 0.5, "timeout": 20, "required": False}},
            {"speak": ANSWER},
            {"wait_for_hang_up": {"timeout": 20, "required": False}},
        ],
    }


IGNORES = {"on_ring": {"ignore": True}}
