"""An act of the demo on its house: everything started, the phones played, what happens shown and told."""

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import func, select

from cli.demo.act import Act
from cli.house import House
from console import users
from hotline import clock
from hotline.ground import Ground
from hotline.models import Agent, Job, Prompt, Recording
from hotline.values import JobState, RecordingState, Role
from routing import hospital, rules

PROMPT_SECONDS = 90.0
PHONE_SECONDS = 30.0
TRANSCRIPT_SECONDS = 300.0


class Demo:
    """The house, the act and what is shown of it."""

    def __init__(self, house: House, console: Console, home: Path, played: Act) -> None:
        """Play in `house`, show on `console`."""
        self.house = house
        self.stop = threading.Event()
        self._act = played
        self._console = console
        self._home = home
        self._password = clock.new_secret()[:12]
        self._phones: subprocess.Popen[bytes] | None = None

    @property
    def _ground(self) -> Ground:
        if self.house.ground is None:
            raise RuntimeError("the house is not open")
        return self.house.ground

    def open(self) -> None:
        """Start everything and have the prompts rendered."""
        with self._console.status("Starting Redis, database, exchange, web servers, router, worker and clock …"):
            ground = self.house.open(self._fill)
        self._console.print("Every process of the Procfile is up.")
        self._progress("Rendering the spoken prompts", lambda: self._prompts(ground), PROMPT_SECONDS)

    def _fill(self, ground: Ground) -> None:
        with ground.database.write() as session:
            hospital.store(session, hospital.read(self._act.hospital, rules.of(ground.settings)), clock.now())
        users.create(ground, "supervisor", self._password, "周敏 Zhou Min", Role.SUPERVISOR)
        users.create(ground, "admin", self._password, "Administrator", Role.ADMINISTRATOR)
        with ground.database.read() as session:
            agents = list(session.scalars(select(Agent)))
        for agent in agents:
            users.create(ground, agent.staff_number, self._password, agent.name, Role.AGENT, agent.id)

    @staticmethod
    def _prompts(ground: Ground) -> tuple[int, int]:
        with ground.database.read() as session:
            done = session.scalar(select(func.count()).where(Prompt.rendered_at.is_not(None))) or 0
            return done, session.scalar(select(func.count()).select_from(Prompt)) or 0

    def _progress(self, what: str, count: object, seconds: float) -> None:
        """A progress bar over `count() -> (done, all)` until all are done; after `seconds` the show goes on."""
        bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        end = time.monotonic() + seconds
        with Progress(*bar.columns, console=self._console) as progress:
            line = progress.add_task(what, total=None)
            while time.monotonic() < end:
                done, all_of_them = count()  # type: ignore[operator] # a function of no arguments
                progress.update(line, completed=done, total=all_of_them or None)
                if all_of_them and done >= all_of_them:
                    return
                time.sleep(0.2)

    def play(self) -> None:
        """The act: phones in a process of their own, what happens on the terminal."""
        environment = self.house.environment
        port = environment["EXCHANGE_PORT"]
        command = [sys.executable, "-m", "exchange", "play", "--script", str(self._act.phones)]
        command += ["--exchange", f"ws://127.0.0.1:{port}/phones", "--token", environment["PHONE_TOKEN"]]
        with (self._home / "phones.log").open("wb") as log:
            self._phones = subprocess.Popen(command, env=environment, stdout=log, stderr=log)  # noqa: S603 (our own)
            self._wait_for_phones()
            self._act.begin(self._ground)
            self._watch(self._phones)
            self._phones.terminate()
            self._phones.wait(10)
        self._progress("Transcribing", self._transcripts, TRANSCRIPT_SECONDS)

    def _watch(self, phones: subprocess.Popen[bytes]) -> None:
        start = time.monotonic()
        shown: list[tuple[str, ...]] = []
        with Live(console=self._console, refresh_per_second=4, transient=False) as live:
            while (phones.poll() is None and not self._act.are_called) or not self._act.is_over(self._ground):
                lines = self._act.rows(self._ground, clock.now())
                seconds = time.monotonic() - start
                if self._console.is_terminal:
                    live.update(self._act.table(lines, seconds))
                else:
                    shown = self._print_news(shown, lines, seconds)
                time.sleep(0.25)
            live.update(self._act.table(self._act.rows(self._ground, clock.now()), time.monotonic() - start))

    def _print_news(
        self, shown: list[tuple[str, ...]], lines: list[tuple[str, ...]], seconds: float
    ) -> list[tuple[str, ...]]:
        """Where no table can be redrawn: a line whenever something but a count of rings has changed."""
        for line in lines:
            if not any(self._steady(old) == self._steady(line) for old in shown):
                self._console.print(f"{seconds:6.1f} s  " + " · ".join(cell for cell in line[:-1] if cell != "–"))
        return lines

    def _steady(self, line: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(cell for at, cell in enumerate(line) if at not in self._act.counting)

    def _wait_for_phones(self) -> None:
        """Until every phone of the act is registered: whoever is called must be there."""
        log, end = self._home / "phones.log", time.monotonic() + PHONE_SECONDS
        while '"event": "started"' not in log.read_text("utf-8") and time.monotonic() < end:
            time.sleep(0.1)

    def _transcripts(self) -> tuple[int, int]:
        with self._ground.database.read() as session:
            all_jobs = session.scalar(select(func.count()).where(Job.kind != "render_prompt")) or 0
            due = session.scalar(select(func.count()).where(Job.kind != "render_prompt", Job.state == JobState.DUE))
            not_here = Recording.state.in_([RecordingState.STARTED, RecordingState.READY])
            coming = session.scalar(select(func.count()).where(not_here))
            return all_jobs - (due or 0), all_jobs + (coming or 0)

    def tell(self) -> dict[str, Any]:
        """Show the summary, from the database."""
        told = self._act.as_json(self._ground)
        self._act.show(self._console, told)
        return told

    def stay(self) -> None:
        """Print where to look, and wait for Ctrl-C."""
        environment = self.house.environment
        telephone = f"http://127.0.0.1:{environment['EXCHANGE_PORT']}/phone"
        self._console.print(
            f"\nStill up. Look at\n  {environment['CONSOLE_URL']}  staff pages: sign in as [bold]supervisor[/], "
            f"password [bold]{self._password}[/] (agents: 1001 … 2001, the same)\n"
            f"  {telephone}  a telephone: call {environment['HOTLINE_NUMBER']}; "
            "answer it as an agent under My phone\nCtrl-C stops every process.",
            highlight=False,
        )
        try:
            self.stop.wait()
        except KeyboardInterrupt:
            return
