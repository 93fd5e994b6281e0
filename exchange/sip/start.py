"""Starts the SIP side of an exchange: its calls reach the switch, and the directory finds its telephones."""

import contextlib
from collections.abc import AsyncIterator

from exchange.calls.call_details import TwilioCallStatus
from exchange.calls.line import TelephoneLine
from exchange.core.errors import ConfigError, reason_of
from exchange.core.sip_settings import SipSettings
from exchange.flow.context import Directory, ExchangeContext
from exchange.verbs.switch import Switch

MISSING = "sip: the libraries for it are missing; pip install 'hospital-hotline[sip]' brings them"


class CombinedDirectory:
    """Telephones at the exchange's own socket first, then those over SIP."""

    def __init__(self, first: Directory, second: Directory) -> None:
        self._first = first
        self._second = second

    def find(self, address: str) -> TelephoneLine | None:
        return self._first.find(address) or self._second.find(address)

    def listed(self) -> list[tuple[str, str | None, str]]:
        first = self._first.listed()
        taken = {address for address, _, _ in first}
        return [*first, *(each for each in self._second.listed() if each[0] not in taken)]


@contextlib.asynccontextmanager
async def running_sip(settings: SipSettings | None, context: ExchangeContext, switch: Switch) -> AsyncIterator[int]:
    """Run SIP while the block lasts, where the settings ask for it; yield its port, or 0. Raises `ConfigError`."""
    if settings is None:
        yield 0
        return
    try:
        from exchange.sip.gateway import Gateway
        from exchange.sip.sip_line import SipLine
    except ImportError as error:
        raise ConfigError(MISSING) from error

    def dial(line: SipLine, to: str) -> None:
        if switch.inbound(line, _known(context, to)) is None:
            line.tell("ended", reason="busy")

    gateway = Gateway(settings, dial)
    try:
        await gateway.start()
    except OSError as error:
        raise ConfigError(f"sip: port: {settings.host}:{settings.port} (UDP): {reason_of(error)}") from error
    context.directory = CombinedDirectory(context.directory, gateway)
    try:
        yield gateway.port
    finally:
        for leg in list(context.legs.active.values()):
            if isinstance(leg.line, SipLine):
                leg.end(None if leg.is_up else TwilioCallStatus.FAILED)
        await gateway.stop()


def _known(context: ExchangeContext, to: str) -> str:
    """Return whom a desk phone means: it dials without the plus, and other telephones by their bare name."""
    name = to.removeprefix("sip:")
    candidates = (to, f"+{to}", f"client:{name}")
    return next((each for each in candidates if context.numbers.find(each) or context.directory.find(each)), to)
