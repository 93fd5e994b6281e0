"""How a Dial went, as its action is told. Pure."""

from dataclasses import dataclass


@dataclass
class Outcome:
    """Filled in while the dialling goes on, so that a hang-up at any moment finds the truth here."""

    status: str = "canceled"
    sid: str = ""
    seconds: int = 0
    is_bridged: bool = False

    def parameters(self) -> dict[str, str]:
        told = {"DialCallStatus": self.status, "DialBridged": "true" if self.is_bridged else "false"}
        if self.sid:
            told["DialCallSid"] = self.sid
        if self.is_bridged:
            told["DialCallDuration"] = str(self.seconds)
        return told
