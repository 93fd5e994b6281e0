"""Settings of the SIP side, read from `sip:` in the exchange's settings. Pure; needs no SIP library."""

from dataclasses import dataclass

REALM = "exchange"


@dataclass(frozen=True)
class SipUser:
    """A telephone that may register here. `address` is its address inside the exchange, such as `client:zhang`."""

    name: str
    password: str
    address: str = ""

    @property
    def identity(self) -> str:
        return self.address or f"sip:{self.name}"


@dataclass(frozen=True)
class SipTrunk:
    """Another switchboard: it may call us from its address, and the `numbers` (`+8610*` too) are reached through it."""

    name: str
    host: str
    port: int = 5060
    user: str = ""
    password: str = ""
    numbers: tuple[str, ...] = ()
    register: bool = False

    def reaches(self, number: str) -> bool:
        return any(
            number == each or (each.endswith("*") and number.startswith(each.removesuffix("*")))
            for each in self.numbers
        )


@dataclass(frozen=True)
class SipSettings:
    """Where SIP listens (UDP; port 0 takes a free one), and who may speak to it."""

    host: str = "127.0.0.1"
    port: int = 5060
    public_host: str = ""
    users: tuple[SipUser, ...] = ()
    trunks: tuple[SipTrunk, ...] = ()

    def user(self, name: str) -> SipUser | None:
        return next((each for each in self.users if each.name == name), None)
