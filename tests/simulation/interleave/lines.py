"""Lines of the interleavings' exchange, the webhooks in flight, and how often it fails."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Place(StrEnum):
    """What a line is doing."""

    RINGING = "ringing"
    DOCUMENT = "document"  # a document has been asked for
    ASKED = "asked"  # for a key, for a message after the tone, or another number rings
    QUEUE = "queue"
    ROOM = "room"
    ENDED = "ended"


@dataclass(eq=False)
class Line:
    """One line. `owner`: the id of the call (a caller's), of the offer (an agent's), of the call-back (a patient's)."""

    sid: str
    owner: str
    address: str
    is_agent: bool
    report_url: str
    answer_url: str = ""
    until: datetime | None = None
    place: Place = Place.RINGING
    word: str = "queued"
    sequence: int = -1
    # The document in flight: the answers to older requests are void.
    document: int = 0
    room: str = ""
    # Where it asks what comes next: after the room, the queue, the key, the message, the other number.
    action: str = ""
    # What it is asked for: the verb; and where a message is reported.
    verb: str = ""
    events: str = ""
    # In the queue: what is asked when the music is over, and what instead while a dialogue goes on there.
    waits: str = ""
    dialogue: str = ""
    ends: bool = False  # its room ends when it leaves
    is_held: bool = False

    @property
    def is_up(self) -> bool:
        """Whether somebody is on the line."""
        return self.place not in (Place.RINGING, Place.ENDED)


@dataclass(eq=False)
class Mail:
    """A webhook in flight; the answer to `document` is obeyed if the line still waits for it."""

    line: Line | None
    url: str
    form: dict[str, str]
    document: int | None = None


@dataclass
class Faults:
    """How often, 0 to 1, the exchange is down before or after doing what it is asked, and loses or doubles a report."""

    down: float = 0.02
    lost: float = 0.05
    doubled: float = 0.1
