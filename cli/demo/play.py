"""The demo in its house: everything started, one act after the other played, what happens shown and told."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.demo import queries, sign_ins
from cli.demo.act import Act, on_duty
from cli.demo.sign_ins import SignIn
from cli.demo.watch import NONE
from cli.local.processes import LocalHotline
from hotline import clock
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.database.database import Database
from routing.agents import hospital_file as agents_hospital_file
from routing.agents import hospital_service
from routing.queues import queues_file

PROMPT_SECONDS = 90.0
PHONE_SECONDS = 30.0
# So long nothing may come of the worker before the summary is told without it.
STILL_SECONDS = 300.0
Count = Callable[[], tuple[int, int]]


class Demo:
    """The house, the acts and what is shown of them."""

    def __init__(self, house: LocalHotline, console: Console, home: Path) -> None:
        """Play in `house`, show on `console`."""
        self.house = house
        self.stop = threading.Event()
        self._console = console
        self._home = home
        self._password = clock.new_password()
        self._sign_ins: list[SignIn] = []

    @property
    def _context(self) -> AppContext:
        if self.house.context is None:
            raise RuntimeError("the house is not open")
        return self.house.context

    def open(self, hospital_file: Path) -> None:
        """Start everything and have the prompts rendered."""
        with self._console.status("Starting Redis, database, exchange, web servers, router, worker and clock …"):
            context = self.house.open(lambda context: self._fill(context.database, context.settings, hospital_file))
        self._console.print("Every process of the Procfile is up.")
        self._progress("Rendering the spoken prompts", lambda: self._prompts(context.database), PROMPT_SECONDS)

    def _fill(self, database: Database, settings: Settings, file: Path) -> None:
        with database.write() as session:
            hospital_service.store(session, agents_hospital_file.read(file, queues_file.of(settings)), clock.now())
        self._sign_ins = sign_ins.make(database, self._password)

    @staticmethod
    def _prompts(database: Database) -> tuple[int, int]:
        with database.read() as session:
            return queries.prompts(session)

    def _progress(self, what: str, count: Count, still_seconds: float) -> bool:
        """Show a bar over `count() -> (done, all)` until all are done; whether they are.

        When nothing has come of it for `still_seconds` the show goes on.
        """
        bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        if not self._console.is_terminal:
            self._console.print(f"{what} …")
        moved, seen = time.monotonic(), (0, 0)
        with Progress(*bar.columns, console=self._console) as progress:
            line = progress.add_task(what, total=None)
            while time.monotonic() < moved + still_seconds:
                done, all_of_them = count()
                progress.update(line, completed=done, total=all_of_them or None)
                if all_of_them and done >= all_of_them:
                    return True
                if (done, all_of_them) != seen:
                    moved, seen = time.monotonic(), (done, all_of_them)
                time.sleep(0.2)
        return False

    def play(self, act: Act) -> dict[str, Any]:
        """Play the act and tell of it: phones in a process of their own, what happens on the terminal."""
        environment, since = self.house.environment, clock.now()
        port = environment["EXCHANGE_PORT"]
        command = [sys.executable, "-m", "exchange", "play", "--script", str(act.phones)]
        # A token may begin with a hyphen: in one word with its option it is no option itself.
        command += ["--exchange", f"ws://127.0.0.1:{port}/phones", f"--token={environment['PHONE_TOKEN']}"]
        path = self._home / f"{act.phones.stem}.log"
        with path.open("wb") as log:
            phones = subprocess.Popen(command, env=environment, stdout=log, stderr=log)  # noqa: S603 (our own)
            try:
                self._wait_for_phones(path)
                act.begin(self._context)
                self._watch(act, phones, since)
            finally:
                on_duty(self._context.database, self._context.notifier, frozenset())  # their telephones are put away
                phones.terminate()
                phones.wait(10)
        if not self._progress("Transcribing and checking the calls", self._worked_through, STILL_SECONDS):
            self._console.print("Some recordings are not worked through; `hotline doctor` looks for what is missing.")
        told = act.as_json(self._context, since)
        act.show(self._console, told)
        self._console.print()
        return told

    def _watch(self, act: Act, phones: subprocess.Popen[bytes], since: datetime) -> None:
        start = time.monotonic()
        shown: list[tuple[str, ...]] = []
        with Live(console=self._console, refresh_per_second=4, transient=False) as live:
            while (phones.poll() is None and not act.are_called) or not act.is_over(self._context):
                lines = act.rows(self._context, since, clock.now())
                seconds = time.monotonic() - start
                if self._console.is_terminal:
                    live.update(act.table(lines, seconds))
                else:
                    shown = self._print_news(act, shown, lines, seconds)
                time.sleep(0.25)
            live.update(act.table(act.rows(self._context, since, clock.now()), time.monotonic() - start))
        if not self._console.is_terminal:
            self._console.print()  # only a terminal gets the end of its line

    def _print_news(
        self, act: Act, shown: list[tuple[str, ...]], lines: list[tuple[str, ...]], seconds: float
    ) -> list[tuple[str, ...]]:
        """Return where no table can be redrawn: a line whenever something but a count of rings has changed."""

        def steady(line: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(cell for at, cell in enumerate(line) if at not in act.counting)

        before = {steady(line) for line in shown}
        for line in lines:
            if steady(line) not in before:
                self._console.print(f"{seconds:6.1f} s  " + " · ".join(cell for cell in line[:-1] if cell != NONE))
        return lines

    def _wait_for_phones(self, log: Path) -> None:
        """Until every phone of the act is registered: whoever is called must be there."""
        end = time.monotonic() + PHONE_SECONDS
        while '"event": "started"' not in log.read_text("utf-8") and time.monotonic() < end:
            time.sleep(0.1)

    def _worked_through(self) -> tuple[int, int]:
        """Recordings and jobs that have come to their end, of all: a call is checked after its last recording."""
        with self._context.database.read() as session:
            return queries.work(session)

    def try_sign_ins(self) -> list[dict[str, Any]]:
        """Sign in as everybody; who could, for the JSON and for `stay`."""
        url = self.house.environment["CONSOLE_URL"]
        tried = []
        for one in self._sign_ins:
            is_in = sign_ins.works(url, one.login, self._password)
            tried.append({"login": one.login, "role": one.role, "agent": one.number, "works": is_in})
        return tried

    def stay(self, tried: list[dict[str, Any]]) -> None:
        """Print where to look and who can sign in, and wait for Ctrl-C."""
        environment = self.house.environment
        can = {one["login"] for one in tried if one["works"]}
        self._console.print(f"\nStill up. The staff pages: {environment['CONSOLE_URL']}\n", highlight=False)
        self._console.print(sign_ins.table([one for one in self._sign_ins if one.login in can], self._password))
        self._console.print(
            f"A telephone: http://127.0.0.1:{environment['EXCHANGE_PORT']}/phone\n"
            f"Call {environment['HOTLINE_NUMBER']} there, and answer as an agent: My phone, Available.\n"
            "Ctrl-C stops every process.",
            highlight=False,
        )
        try:
            self.stop.wait()
        except KeyboardInterrupt:
            return
