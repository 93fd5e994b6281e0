"""Lines whose webhooks are written down with what was answered."""

from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.integration.caller import Caller, Document
from tests.integration.campaign_house import Patient
from tests.integration.replay import meaning


@dataclass
class Tape:
    """The turns of one scenario: what was asked, and the answer."""

    app: Flask
    turns: list[dict[str, Any]] = field(default_factory=list)

    def note(self, path: str, parameters: dict[str, str], response: TestResponse) -> None:
        """One more turn."""
        told = {name: value for name, value in parameters.items() if name != "Direction"}
        turn = {"asked": meaning.of_address(self.app, path), "with": told}
        self.turns.append(turn | {"answer": meaning.of_answer(self.app, response)})


@dataclass
class TapedCaller(Caller):
    """A caller on tape, who knows the queue that the line stands in."""

    tape: Tape = field(default_factory=lambda: Tape(Flask("none")))
    queue: Document = field(default_factory=lambda: Document("<Response/>"))

    def post(self, path: str, **parameters: str) -> TestResponse:
        """One webhook, written down."""
        response = super().post(path, **parameters)
        self.tape.note(path, parameters, response)
        if response.status_code == 200 and "<Enqueue" in response.text:
            self.queue = Document(response.text)
        return response

    def waits(self, key: str | None = None) -> None:
        """The exchange asks what is heard while waiting, after the caller pressed `key`."""
        pressed = {} if key is None else {"Digits": key}
        self.ask(self.queue.attribute("Enqueue", "waitUrl"), QueuePosition="1", QueueTime="3", **pressed)

    def leaves(self, result: str = "leave") -> None:
        """The line left the exchange's queue."""
        self.ask(self.queue.attribute("Enqueue", "action"), QueueResult=result)

    def goes_on(self) -> None:
        """Go on with the document that the line was redirected to."""
        self.ask(self.here.text_of("Redirect"))


@dataclass
class TapedPatient(Patient):
    """A patient on tape."""

    tape: Tape = field(default_factory=lambda: Tape(Flask("none")))

    def post(self, path: str, **parameters: str) -> TestResponse:
        """One webhook, written down."""
        response = super().post(path, **parameters)
        self.tape.note(path, parameters, response)
        return response
