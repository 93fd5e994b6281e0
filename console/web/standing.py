"""Whether what is sent for long still goes to somebody who may have it: streams and sounds that are under way."""

import errno
import io
from datetime import datetime, timedelta
from typing import cast

from flask_login import current_user

from accounts.sessions import queries
from console.web.access import SignedIn, context
from hotline import clock
from hotline.database.database import Database
from hotline.database.outage import AWAY
from recordings.storage.seekable import Seekable
from recordings.storage.wav_lengths import Source

# The database is asked this often for each stream, one row by its index.
EVERY = timedelta(seconds=1)
# While it cannot be asked, whoever was let in stays for so long.
PATIENCE = timedelta(seconds=30)


class Standing:
    """The session of a request, with the role and the agent that it had."""

    def __init__(self, database: Database, user: SignedIn) -> None:
        """Stand for `user`, who was found signed in just now."""
        self._database, self._user = database, user
        self._asked_at = self._known_at = clock.now()
        self._holds = True

    @classmethod
    def of_request(cls) -> "Standing":
        """Return that of the present request; it may be asked when the request is long answered."""
        return cls(context().database, cast(SignedIn, current_user._get_current_object()))

    def holds(self) -> bool:
        """Return whether it is as it was when the request came, at most a second ago."""
        now = clock.now()
        if self._holds and now - self._asked_at >= EVERY:
            self._asked_at = now
            self._holds = self._ask(now)
        return self._holds

    def _ask(self, now: datetime) -> bool:
        try:
            with self._database.read() as session:
                found = queries.find(session, self._user.get_id(), now)
        except AWAY:
            return now - self._known_at < PATIENCE
        self._known_at = now
        return found is not None and (found[0].role, found[0].agent_id) == (self._user.role, self._user.agent_id)


class Guarded(Seekable):
    """A sound that ends with the session of who hears it: then the connection breaks off."""

    def __init__(self, source: Source, standing: Standing) -> None:
        """Read from `source` while `standing` holds."""
        super().__init__(source.seek(0, io.SEEK_END))
        self._source, self._standing = source, standing

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes. Raises `ConnectionResetError` once the session is over."""
        if not self._standing.holds():
            raise ConnectionResetError(errno.ECONNRESET, "the session is over")
        self._source.seek(self._at)
        found = self._source.read(size) or b""
        self._at += len(found)
        return found
