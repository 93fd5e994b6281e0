"""Requests about conferences: find one, hold a line in it, and whether it ends with a line."""

from telephony.provider.session import ProviderSession, sdk_errors


class ConferenceRequests(ProviderSession):
    """What is asked of the provider about conferences."""

    def find_conference(self, name: str) -> str | None:
        """Return the sid of the conference of this name that goes on, or `None`."""
        with sdk_errors("find a conference"):
            conferences = self._client.conferences.list(friendly_name=name, status="in-progress", limit=1)
        return str(conferences[0].sid) if conferences else None

    def hold(self, conference_sid: str, line_sid: str, music_url: str | None) -> None:
        """Put a line on hold, with the music at `music_url`; `None` takes it off hold."""
        change = {"hold": False} if music_url is None else {"hold": True, "hold_url": music_url, "hold_method": "POST"}
        with sdk_errors("hold"):
            self._client.conferences(conference_sid).participants(line_sid).update(**change)

    def end_with(self, conference_sid: str, line_sid: str, *, is_needed: bool) -> None:
        """Say whether a conference ends when this line leaves it."""
        with sdk_errors("change a conference"):
            self._client.conferences(conference_sid).participants(line_sid).update(end_conference_on_exit=is_needed)
