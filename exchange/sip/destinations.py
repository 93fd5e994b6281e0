"""Where an address leads over SIP: a registered telephone, a trunk that reaches the number, or any SIP address."""

import asyncio
import socket
from urllib.parse import parse_qsl

from aiosipua import SipDigestAuth, parse_uri

from exchange.core.errors import ConfigError
from exchange.core.numbering.addresses import fault_of, is_reachable
from exchange.core.sip_settings import SipSettings, SipTrunk, SipUser
from exchange.sip.registrar import Registrar
from exchange.sip.uac import Address, Destination

DEFAULT_PORT = 5060


class SipDestinations:
    """Finds destinations; `here` are the names of this exchange, which stand for its own telephones."""

    def __init__(self, settings: SipSettings, registrar: Registrar) -> None:
        self._settings = settings
        self._registrar = registrar
        self.peers: dict[Address, SipTrunk] = {}
        self.here: frozenset[str] = frozenset()

    async def look_up(self) -> None:
        """Resolve the trunks' hosts once: a look-up during a call would hold up the media clock."""
        for trunk in self._settings.trunks:
            try:
                self.peers[await _resolved(trunk.host, trunk.port)] = trunk
            except (OSError, UnicodeError) as error:
                raise ConfigError(f"sip: trunks: {trunk.name}: host: {trunk.host} cannot be found: {error}") from error

    def to(self, address: str) -> Destination | None:
        """Return the way to that address, if there is one now."""
        if fault_of(address):
            return None
        bare, headers = _headers(address) if address.startswith("sip:") else (address, {})
        if not all(value.isprintable() and name.isascii() for name, value in headers.items()):
            return None
        user = self._user_of(bare)
        if user:
            binding = self._registrar.where(user)
            return Destination(binding.contact, binding.source, headers=headers) if binding else None
        for peer, trunk in self.peers.items():
            if trunk.reaches(address):
                auth = SipDigestAuth(trunk.user, trunk.password) if trunk.user else None
                return Destination(f"sip:{address}@{trunk.host}:{trunk.port}", peer, auth)
        if address.startswith("sip:"):
            uri = parse_uri(bare)
            peer = (uri.host, uri.port or DEFAULT_PORT)
            if is_reachable(*peer):
                return Destination(bare, peer, headers=headers)
        return None

    def _user_of(self, address: str) -> SipUser | None:
        name, _, host = address.removeprefix("sip:").partition("@") if address.startswith("sip:") else ("", "", "")
        for user in self._settings.users:
            is_named = user.name == name and host.partition(";")[0] in self.here
            if user.identity == address or is_named:
                return user
        return None


def _headers(address: str) -> tuple[str, dict[str, str]]:
    """Split the headers for the INVITE off behind an address's question mark, as far as they may be set."""
    bare, _, query = address.partition("?")
    allowed = ("user-to-user", "remote-party-id", "p-preferred-identity", "p-called-party-id")
    pairs = parse_qsl(query, keep_blank_values=True)
    return bare, {n: v for n, v in pairs if n.lower().startswith("x-") or n.lower() in allowed}


async def _resolved(host: str, port: int) -> Address:
    addresses = await asyncio.get_running_loop().getaddrinfo(host, port, family=socket.AF_INET, type=socket.SOCK_DGRAM)
    return str(addresses[0][4][0]), int(addresses[0][4][1])
