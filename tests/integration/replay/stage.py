"""A hospital in which whole flows are played: callers on tape, agents, and what the router does meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import time_machine
from flask import Flask

from hotline import clock
from hotline.context import AppContext
from hotline.models import Offer, QueueEntry
from routing.offers import service as offer_service
from tests.integration.caller import new_sid
from tests.integration.replay.tape import Tape, TapedCaller
from tests.integration.test_line_ways import NUMBER, Scene, led_out

LANGUAGE_KEYS = {"zh-CN": "1", "en-US": "2"}


@dataclass
class Stage:
    """One scenario: the language that is spoken, the tape, and the house."""

    context: AppContext
    app: Flask
    language: str
    folder: Path
    travel: time_machine.Traveller
    tape: Tape
    scene: Scene = field(init=False)

    def __post_init__(self) -> None:
        """The sample hospital, with nobody at work."""
        self.scene = Scene(self.context, self.app)

    def caller(self, number: str = NUMBER) -> TapedCaller:
        """Somebody with a telephone."""
        return TapedCaller(self.app, self.context.settings, number, new_sid(), tape=self.tape)

    def at_menu(self, number: str = NUMBER) -> TapedCaller:
        """A caller who hears the menu in the language of this scenario."""
        caller = self.caller(number)
        caller.call()
        caller.press(LANGUAGE_KEYS[self.language])
        caller.press("")
        return caller

    def in_queue(self, number: str = NUMBER, key: str = "2") -> TapedCaller:
        """A caller who asked for a person at the menu."""
        caller = self.at_menu(number)
        caller.press(key)
        return caller

    def overflows(self, caller: TapedCaller, way: str) -> None:
        """The router leads the caller out of the queue."""
        led_out(self.scene, caller, way)

    def offered(self, caller: TapedCaller, staff_number: str) -> tuple[str, TapedCaller]:
        """An agent's phone rings for the caller: the offer, and the agent's line."""
        waiting: QueueEntry = self.scene.places(caller)[-1]
        agent = self.scene.agents[staff_number]
        offer = Offer(
            id=clock.new_id(), queue_entry_id=waiting.id, call_id=waiting.call_id, agent_id=agent.id,
            ring=1, rings=3, reasons=[], started_at=clock.now(),
        )  # fmt: skip
        assert offer_service.start(self.context.database, self.context.notifier, offer)
        return offer.id, TapedCaller(self.app, self.context.settings, agent.address, new_sid(), tape=self.tape)

    def talks(self, caller: TapedCaller, staff_number: str) -> tuple[str, TapedCaller]:
        """Caller and agent have met: the offer, and the agent's line."""
        offer_id, agent = self.offered(caller, staff_number)
        agent.ask(f"/voice/offers/{offer_id}/answer")
        with self.context.database.write() as session:
            session.get_one(QueueEntry, self.scene.places(caller)[-1].id).sent_to_conference_at = clock.now()
        caller.leaves("redirected")
        caller.ask(f"/voice/calls/{self.scene.call(caller).id}/connect")
        events = agent.here.root.find("Dial/Conference")
        assert events is not None
        agent.post(events.attrib["statusCallback"], StatusCallbackEvent="conference-start")
        return offer_id, agent

    def agent_leaves(self, offer_id: str, agent: TapedCaller, status: str = "completed") -> None:
        """The agent's line has ended."""
        agent.post(f"/voice/offers/{offer_id}/status", CallStatus=status, SequenceNumber="9")


Scenario = Callable[[Stage], None]
