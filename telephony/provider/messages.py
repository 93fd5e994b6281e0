"""Requests about text messages."""

from datetime import datetime

from hotline.values import phone_numbers
from telephony.provider.session import ProviderSession, sdk_errors


class MessageRequests(ProviderSession):
    """What is asked of the provider about text messages."""

    def text(self, number: str, sender: str, body: str) -> str:
        """Send a text message; return its sid."""
        line, _ = phone_numbers.split(number)
        with sdk_errors("text"):
            return str(self._client.messages.create(to=line, from_=sender, body=body).sid)

    def was_texted(self, number: str, sender: str, body: str, since: datetime) -> bool:
        """Return whether this text went to that number since then: a request that timed out may have sent it."""
        line, _ = phone_numbers.split(number)
        with sdk_errors("list texts"):
            messages = self._client.messages.list(to=line, from_=sender, date_sent_after=since, limit=50)
        return any(message.body == body for message in messages)
