"""Opens the SIP side of an exchange: its calls reach the switch, and the directory finds its telephones."""

import contextlib
from collections.abc import AsyncIterator

from exchange.calls.line import Line
from exchange.calls.status import CallStatus
from exchange.calls.switch import Switch
from exchange.core.core import Directory, Office
from exchange.core.errors import ConfigError, reason_of
from exchange.sip.settings import SipSettings

MISSING = "sip: the libraries for it are missing; pip install 'hospital-hotline[sip]' brings them"


class Both:
    """Telephones at the exchange's own socket first, then those over SIP."""

    def __init__(self, first: Directory, second: Directory) -> None:
        self._first = first
        self._second = second

    def find(self, address: str) -> Line | None:
        return self._first.find(address) or self._second.find(address)

    def listed(self) -> list[tuple[str, str | None, str]]:
        first = self._first.listed()
        taken = {address for address, _, _ in first}
        return [*first, *(each for each in self._second.listed() if each[0] not in taken)]


@contextlib.asynccontextmanager
async def opened(settings: SipSettings | None, office: Office, switch: Switch) -> AsyncIterator[int]:
    """SIP while the block lasts, where the settings ask for it; its port, or 0. ConfigError when it cannot be."""
    if settings is None:
        yield 0
        return
    try:
        from exchange.sip.gateway import Gateway
        from exchange.sip.line import SipLine
    except ImportError as error:
        raise ConfigError(MISSING) from error

    def dial(line: SipLine, to: str) -> None:
        if switch.inbound(line, _known(office, to)) is None:
            line.tell("ended", reason="busy")

    gateway = Gateway(settings, dial)
    try:
        await gateway.start()
    except OSError as error:
        raise ConfigError(f"sip: port: {settings.host}:{settings.port} (UDP): {reason_of(error)}") from error
    office.directory = Both(office.directory, gateway)
    try:
        yield gateway.port
    finally:
        for leg in list(office.legs.active.values()):
            if isinstance(leg.line, SipLine):
                leg.end(None if leg.is_up else CallStatus.FAILED)
        await gateway.stop()


def _known(office: Office, to: str) -> str:
    """Desk phones dial without the plus, and other telephones by their bare name."""
    name = to.removeprefix("sip:")
    candidates = (to, f"+{to}", f"client:{name}")
    return next((each for each in candidates if office.numbers.find(each) or office.directory.find(each)), to)
