"""How a Dial went, as its action is told. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field

from exchange.flow.call_flow import Goto


def _nothing() -> None:
    """Do nothing: nobody wants to know when the conversation begins."""


@dataclass
class DialOutcome:
    """Filled in while the dialling goes on, so that a hang-up at any moment finds the truth here."""

    status: str = "canceled"
    sid: str = ""
    seconds: int = 0
    is_bridged: bool = False
    is_conference: bool = False
    more: dict[str, str] = field(default_factory=dict)
    referral: Goto | None = None
    on_connect: Callable[[], None] = _nothing

    def connect(self, status: str) -> None:
        """Note that the conversation begins; `status` is what is reported if nothing else happens."""
        self.status, self.is_bridged = status, True
        self.on_connect()

    def parameters(self) -> dict[str, str]:
        values = {"DialCallStatus": self.status, "DialBridged": "true" if self.is_bridged else "false"}
        if self.sid:
            values["DialCallSid"] = self.sid
        if self.is_bridged and not self.is_conference:
            values["DialCallDuration"] = str(self.seconds)
        return values | self.more
