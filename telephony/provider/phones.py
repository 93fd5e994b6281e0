"""Requests about the telephones that the exchange of the house knows; Twilio tells nothing of them."""

from typing import Any

from telephony.errors import ProviderDown
from telephony.provider.session import TWILIO, ProviderSession, http_error, transport_errors
from telephony.views import RegisteredPhone

PHONES_TIMEOUT = (1.0, 2.0)
# An exchange that has no such resource.
NO_RESOURCE = (404, 405)


class PhoneRequests(ProviderSession):
    """What is asked of the provider about telephones."""

    def phones(self) -> list[RegisteredPhone] | None:
        """List the telephones of the local exchange; `None` where the provider does not tell, as Twilio."""
        if self._base == TWILIO:
            return None
        path = f"{self._account_url.removeprefix(self._base)}/Phones.json?PageSize=1000"
        phones: list[RegisteredPhone] = []
        while path:
            page = self._page(path)
            if page is None or "phones" not in page:
                return None
            phones += [
                RegisteredPhone(row["address"], row["sid"], row["label"] or "", tuple(row.get("holders", ())))
                for row in page["phones"]
            ]
            path = page.get("next_page_uri") or ""
        return phones

    def revoke_phones(self, holder: str) -> None:
        """Have no telephone registered with a token of this holder any more. Raises `ProviderDown`.

        Twilio knows no such thing: its tokens run out, and no call is dialled to them meanwhile.
        """
        if self._base == TWILIO:
            return
        url = f"{self._account_url}/Phones/Revocations.json"
        with transport_errors("revoke telephones"):
            answer = self._media.post(url, {"Holder": holder}, auth=self._credentials, timeout=PHONES_TIMEOUT)
        if answer.status_code not in (201, *NO_RESOURCE):
            raise http_error("revoke telephones", answer.status_code, 0)

    def _page(self, path: str) -> dict[str, Any] | None:
        """Return one page of the list, `None` where the exchange has no such list."""
        with transport_errors("list telephones"):
            answer = self._media.get(self._base + path, auth=self._credentials, timeout=PHONES_TIMEOUT)
        if answer.status_code == 404:
            return None
        if answer.status_code != 200:
            raise http_error("list telephones", answer.status_code, 0)
        try:
            page: dict[str, Any] = answer.json()
        except ValueError as error:
            raise ProviderDown("list telephones: no JSON") from error
        return page
