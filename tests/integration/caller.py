"""A caller as the exchange stands for one: posts signed webhooks to the voice app and reads the TwiML it gets."""

import itertools
from dataclasses import dataclass, field
from xml.etree import ElementTree

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hotline.configuration.settings import Settings
from telephony.provider import signature

_sids = itertools.count(1)


def new_sid() -> str:
    """A call id as the exchange makes them."""
    return f"CA{next(_sids):032x}"


@dataclass
class Document:
    """TwiML that was answered."""

    text: str

    @property
    def root(self) -> ElementTree.Element:
        """The response element."""
        return ElementTree.fromstring(self.text)  # noqa: S314 (our own answer)

    @property
    def verbs(self) -> list[str]:
        """The names of the verbs, in order."""
        return [element.tag for element in self.root]

    @property
    def said(self) -> str:
        """Everything that is spoken by the exchange's voice."""
        return " ".join(element.text or "" for element in self.root.iter("Say"))

    def attribute(self, verb: str, name: str) -> str:
        """An attribute of the first verb of this kind."""
        element = next(self.root.iter(verb))
        return element.attrib[name]

    def text_of(self, verb: str) -> str:
        """The text of the first verb of this kind."""
        return next(self.root.iter(verb)).text or ""


@dataclass
class Caller:
    """One caller's line."""

    app: Flask
    settings: Settings
    number: str = "+8613800000001"
    sid: str = field(default_factory=new_sid)
    here: Document = field(default_factory=lambda: Document("<Response/>"))

    @property
    def client(self) -> FlaskClient:
        """The way into the app."""
        return self.app.test_client()

    def post(self, path: str, **parameters: str) -> TestResponse:
        """One webhook, signed as the exchange signs."""
        form = self.form(parameters)
        token = self.settings.twilio_auth_token.get_secret_value()
        genuine = signature.sign(self.settings.voice_url + path, form, token)
        return self.client.post(path, data=form, headers={signature.HEADER: genuine})

    def form(self, parameters: dict[str, str]) -> dict[str, str]:
        """The standard parameters of a webhook and these."""
        standard = {
            "CallSid": self.sid,
            "AccountSid": self.settings.twilio_account_sid,
            "From": self.number,
            "To": self.settings.hotline_number,
            "CallStatus": "in-progress",
            "Direction": "inbound",
            "ApiVersion": "2010-04-01",
        }
        return standard | parameters

    def ask(self, path: str, **parameters: str) -> Document:
        """One webhook whose answer is the document the line goes on with."""
        response = self.post(path, **parameters)
        assert response.status_code == 200, response.status
        self.here = Document(response.text)
        return self.here

    def call(self) -> Document:
        """Dial the hotline."""
        return self.ask("/voice/calls", CallStatus="ringing")

    def press(self, key: str) -> Document:
        """Press a key where one is listened for; `""` lets the time pass."""
        return self.ask(self.here.attribute("Gather", "action"), Digits=key)

    def wait(self, **parameters: str) -> Document:
        """What is heard in line."""
        path = self.here.attribute("Enqueue", "waitUrl")
        response = self.post(path, QueuePosition="1", QueueTime="3", **parameters)
        assert response.status_code == 200
        return Document(response.text)

    def report(self, status: str, sequence: int = 0) -> TestResponse:
        """A status callback of this line."""
        return self.post("/voice/calls/status", CallStatus=status, SequenceNumber=str(sequence), CallDuration="12")

    def hang_up(self) -> TestResponse:
        """Hang up: the exchange reports the end."""
        return self.report("completed")
