"""The live floor of one process: one listener, one read per burst of changes, sent to all pages that look.

A notification says that something may have changed, the rows of `floor_events` say what. Pages come and go; the
database is read once per burst, not once per page, and not at all for a page that comes while nothing happens.
"""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from hotline import log
from hotline.database.database import Database
from hotline.outbox import floor_events
from hotline.outbox.notifier import FLOOR, Notifier

Seen = TypeVar("Seen")

# Events closer together than this are shown by one picture.
GATHER_SECONDS = 0.15
# Without any event the floor is read again this often: a notification may be lost, and a day ends at midnight.
SWEEP_SECONDS = 10.0
LISTEN_SECONDS = 1.0
# A page hears at least this often that the line to it is up: silent for longer, it says so.
BEAT_SECONDS = 1.0
BEAT = "event: beat\ndata: still here\n\n"
# The last message of a stream whose session is over: the page asks what it may still do.
OVER = "event: over\ndata: ask again\n\n"
# A stream ends after so many messages and is opened again.
MOST_MESSAGES = 300
# So many changes are kept for pages that come back after a break.
KEPT = 500


@dataclass(frozen=True)
class FloorChange:
    """One change on the floor, as `hotline.models.FloorEvent` holds it."""

    number: int
    subject: str
    subject_id: str
    state: str
    call_id: str | None
    agent_id: str | None


class ChangeFollower:
    """Reads the changes of the floor in their order, each once."""

    def __init__(self, database: Database) -> None:
        """Begin with what happens after the first look."""
        self._database = database
        self._seen: set[int] = set()
        self.number = 0
        self.latest: deque[FloorChange] = deque(maxlen=KEPT)

    def news(self) -> list[FloorChange]:
        """Return what has changed since the last look; nothing at the first one."""
        is_first = self.number == 0
        with self._database.read() as session:
            if is_first:
                self.number = max(1, floor_events.newest(session))
            rows = floor_events.since(session, self.number)
        found = [FloorChange(r.number, r.subject, r.subject_id, r.state, r.call_id, r.agent_id) for r in rows]
        fresh = [] if is_first else [change for change in found if change.number not in self._seen]
        self._seen = {change.number for change in found}
        self.number = max([self.number, *self._seen])
        self.latest.extend(fresh)
        return fresh


@dataclass(eq=False)
class FloorViewer(Generic[Seen]):
    """One page that looks: only the newest picture waits for it, however slow it is."""

    box: queue.Queue[Seen] = field(default_factory=lambda: queue.Queue(maxsize=1))

    def put(self, picture: Seen) -> None:
        """Replace what was not fetched yet."""
        while True:
            try:
                self.box.put_nowait(picture)
            except queue.Full:
                self._drop()
            else:
                return

    def get(self, seconds: float) -> Seen | None:
        """Return the newest picture, or `None` when none came within `seconds`."""
        try:
            return self.box.get(timeout=seconds)
        except queue.Empty:
            return None

    def _drop(self) -> None:
        try:
            self.box.get_nowait()
        except queue.Empty:
            return


class LiveFloor(Generic[Seen]):
    """Takes pictures with `take` when the floor changes, and hands them to all viewers."""

    def __init__(self, database: Database, notifier: Notifier, take: Callable[[], Seen]) -> None:
        """Do nothing until the first viewer comes."""
        self._notifier = notifier
        self._take = take
        self._viewers: set[FloorViewer[Seen]] = set()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._threads: list[threading.Thread] = []
        self._is_closed = False
        self._is_asked = False
        self._last: Seen | None = None
        self.follower = ChangeFollower(database)
        self.pictures = 0

    def join(self) -> FloorViewer[Seen]:
        """Return a new viewer; its first picture is the last one, or on the way where nobody looked before."""
        viewer: FloorViewer[Seen] = FloorViewer()
        with self._lock:
            is_fresh = bool(self._viewers) and self._last is not None
            self._viewers.add(viewer)
            if is_fresh and self._last is not None:
                viewer.put(self._last)
                return viewer
            self._is_asked = True
            if not self._threads:
                self._threads = [threading.Thread(target=run, daemon=True) for run in (self._listen, self._serve)]
                for thread in self._threads:
                    thread.start()
        self._wake.set()
        return viewer

    def leave(self, viewer: FloorViewer[Seen]) -> None:
        """The page is gone."""
        with self._lock:
            self._viewers.discard(viewer)

    @property
    def watched(self) -> int:
        """The number of pages that look."""
        return len(self._viewers)

    def close(self) -> None:
        """Stop listening; before the resources of the process are given back."""
        self._is_closed = True
        self._wake.set()
        self._notifier.notify(FLOOR)
        for thread in self._threads:
            thread.join(2 * LISTEN_SECONDS)

    def _listen(self) -> None:
        quiet = 0.0
        for is_notified in self._notifier.listen(FLOOR, LISTEN_SECONDS):
            if self._is_closed:
                return
            quiet = 0.0 if is_notified else quiet + LISTEN_SECONDS
            if self._viewers and (is_notified or quiet >= SWEEP_SECONDS):
                self._is_asked = self._is_asked or quiet >= SWEEP_SECONDS
                quiet = 0.0
                self._wake.set()

    def _serve(self) -> None:
        while not self._is_closed:
            self._wake.wait()
            time.sleep(GATHER_SECONDS)
            self._wake.clear()
            self._show()

    def _show(self) -> None:
        with self._lock:
            viewers = list(self._viewers)
        if not viewers:
            return
        try:
            is_asked, self._is_asked = self._is_asked, False
            if not self.follower.news() and not is_asked:
                return
            picture = self._take()
        except Exception as error:
            self._is_asked = True
            # The database may be away for a moment: pages keep the last picture, the next ring or sweep tries again.
            log.get().warning("floor_failed", error=type(error).__name__)
            return
        self.pictures += 1
        self._last = picture
        for viewer in viewers:
            viewer.put(picture)


def messages(viewer: FloorViewer[Seen], told: Callable[[Seen], str], holds: Callable[[], bool]) -> Iterator[str]:
    """Yield the stream of one page: each picture as the message that `told` makes of it (empty: none), and beats
    between.

    It ends once the page's session no longer `holds`, whoever listens and however.
    """
    yield "retry: 2000\n\n"
    for _count in range(MOST_MESSAGES):
        picture = viewer.get(BEAT_SECONDS)
        if not holds():
            yield OVER
            return
        yield (BEAT if picture is None else told(picture)) or BEAT
