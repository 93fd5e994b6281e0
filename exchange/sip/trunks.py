"""Our registrations at trunks that ask for them: made at the start, taken back at the end."""

import asyncio

from aiosipua import Registration, RegistrationState, SipDigestAuth

from exchange.core.sip_settings import SipTrunk
from exchange.sip.uac import Address, UserAgentClient

RETRY_SECONDS = 30.0


def sign_on(caller: UserAgentClient, peer: Address, trunk: SipTrunk) -> None:
    """Register, and again for as long as it takes."""
    registration = Registration(
        caller,
        f"sip:{trunk.user}@{trunk.host}",
        peer,
        auth=SipDigestAuth(trunk.user, trunk.password),
        registrar_uri=f"sip:{trunk.host}:{trunk.port}",
    )
    again = asyncio.get_running_loop().call_later
    registration.on_failed = lambda it, _status, _reason: again(RETRY_SECONDS, it.register)
    registration.on_expired = lambda it: again(RETRY_SECONDS, it.register)
    registration.register()


async def sign_off(caller: UserAgentClient) -> None:
    """Take our registrations back; the library tells nobody when it is done with something."""
    registrations = list(caller._registrations.values())
    while any(each.state is RegistrationState.REGISTERING for each in registrations):
        await asyncio.sleep(0.01)
    registered = [each for each in registrations if each.state is RegistrationState.REGISTERED]
    for registration in registered:
        registration.unregister()
    while any(each.state is RegistrationState.REGISTERED for each in registered):
        await asyncio.sleep(0.01)
