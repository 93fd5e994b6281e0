"""SIP registrations, and digest authentication of requests (RFC 7616)."""

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from aiosipua import AuthChallenge, SipDigestAuth, SipRequest, build_credentials, parse_auth, stringify_uri

from exchange.core.numbering.addresses import fault_of
from exchange.core.sip_settings import REALM, SipSettings, SipUser
from exchange.sip.message_reading import Address

LONGEST_SECONDS = 3600
NONCE_SECONDS = 300
ALGORITHM = "MD5"  # what every desk phone knows
MOST_BINDINGS = 5
_COUNT = re.compile(r"[0-9A-Fa-f]{1,8}")


@dataclass(frozen=True)
class Binding:
    """Where a registered telephone is reached, and until when (loop time)."""

    contact: str
    source: Address
    until: float


class Registrar:
    """The registered telephones; of several of one user the newest is rung."""

    def __init__(self, settings: SipSettings) -> None:
        self._settings = settings
        self._key = secrets.token_bytes(16)
        self._bindings: dict[str, list[Binding]] = {}
        self._used: dict[str, tuple[int, str]] = {}

    def where(self, user: SipUser) -> Binding | None:
        now = asyncio.get_running_loop().time()
        bindings = [each for each in self._bindings.get(user.name, []) if each.until > now]
        return bindings[-1] if bindings else None

    def register(self, user: SipUser, request: SipRequest, source: Address) -> list[tuple[str, int]]:
        """Keep, renew or remove what the request says; return the contacts that are left with their seconds."""
        now = asyncio.get_running_loop().time()
        kept = [each for each in self._bindings.get(user.name, []) if each.until > now]
        if request.get_header("contact") == "*":
            kept = []
        for contact in request.contact if request.get_header("contact") != "*" else []:
            uri = stringify_uri(contact.uri)
            if fault := fault_of(uri):
                raise ValueError(f"Contact {fault}")
            seconds = _seconds(contact.params.get("expires"), request.get_header("expires"))
            kept = [each for each in kept if each.contact != uri]
            if seconds:
                kept.append(Binding(uri, source, now + seconds))
        self._bindings[user.name] = kept[-MOST_BINDINGS:]
        return [(each.contact, round(each.until - now)) for each in self._bindings[user.name]]

    def challenge(self) -> str:
        """Return the value of WWW-Authenticate or Proxy-Authenticate."""
        return f'Digest realm="{REALM}", nonce="{self._nonce()}", algorithm={ALGORITHM}, qop="auth"'

    def authenticate(self, request: SipRequest, header: str) -> SipUser | None:
        """Return the user whose password stands behind the request; None when it must be challenged."""
        value = request.get_header(header)
        given = parse_auth(value).params if value else {}
        user = self._settings.user(given.get("username") or "")
        if user is None or not self._is_fresh(given.get("nonce") or ""):
            return None
        expected = build_credentials(
            SipDigestAuth(user.name, user.password),
            AuthChallenge(
                "Digest",
                {"realm": REALM, "nonce": given["nonce"], "algorithm": ALGORITHM}
                | ({"qop": "auth"} if given.get("qop") else {}),
            ),
            request.method,
            given.get("uri") or "",
            nonce_count=_count(given),
            cnonce=given.get("cnonce") or "",
        )
        answer = (given.get("response") or "").encode()
        is_right = expected and hmac.compare_digest(expected.params["response"].encode(), answer)
        return user if is_right and self._is_new(request, given) else None

    def _is_new(self, request: SipRequest, given: Mapping[str, str | None]) -> bool:
        """Return whether the count of the nonce has gone up; the same request may come again, for UDP loses some."""
        nonce, count = given.get("nonce") or "", _count(given)
        cseq = request.cseq
        mark = f"{request.method} {request.call_id} {cseq.seq if cseq else 0}"
        last, before = self._used.get(nonce, (0, ""))
        if count < last or (count == last and mark != before):
            return False
        while self._used and not self._is_fresh(oldest := next(iter(self._used))):
            del self._used[oldest]
        self._used[nonce] = (count, mark)
        return True

    def _nonce(self) -> str:
        """Return a nonce of its own for each challenge: telephones that ask in the same second must not share one."""
        value = f"{int(asyncio.get_running_loop().time())}-{secrets.token_hex(8)}"
        return f"{value}-{self._sign(value)}"

    def _is_fresh(self, nonce: str) -> bool:
        value, _, sign = nonce.rpartition("-")
        if not hmac.compare_digest(self._sign(value).encode(), sign.encode()):
            return False
        return asyncio.get_running_loop().time() - int(value.partition("-")[0]) < NONCE_SECONDS

    def _sign(self, value: str) -> str:
        return hmac.new(self._key, value.encode(), hashlib.sha256).hexdigest()[:32]


def _count(given: Mapping[str, str | None]) -> int:
    """Return how often the nonce was used, as the request says. Raises `ValueError` for what is no such count."""
    count = given.get("nc") or "1"
    if not _COUNT.fullmatch(count):
        raise ValueError("nc is eight hexadecimal digits")
    return int(count, 16)


def _seconds(*asked: str | None) -> int:
    for each in asked:
        if each and each.strip().isascii() and each.strip().isdigit():
            return min(LONGEST_SECONDS, int(each.strip()[:10]))
    return LONGEST_SECONDS
