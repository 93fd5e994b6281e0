"""How many wrong passwords may be tried. A try is reserved in the database before the password is looked at.

So it counts across processes, restarts and tries at the same time; a right password gives its reservation back. A
browser in which the user has signed in before (`console.accounts.devices`) has an allowance of its own: it is shut
neither by guesses from elsewhere nor by others at the same address.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, case, delete, or_, select, update
from sqlalchemy.orm import Session

from accounts.errors import TooManyGuesses
from hotline.database import upsert
from hotline.encryption.keyring import Keyring
from hotline.models import SignInThrottle

# Wrong ones are counted for so long from the first; the last one that is allowed shuts for so long.
WINDOW = timedelta(minutes=15)
# Of a name in browsers that are not known, of a user in a known one, and from an address in all unknown browsers. One
# name uses up at most its own few of an address, so that nobody shuts a shared one by their own mistakes.
PER_NAME, PER_DEVICE, PER_ADDRESS = 5, 10, 50


@dataclass(frozen=True)
class Allowance:
    """A counter by its key, and how many wrong passwords it allows."""

    key: str
    most: int
    name_index: str = ""


def of_sign_in(keyring: Keyring, login: str, address: str, device: str | None) -> list[Allowance]:
    """Return what a try at this login counts against; `device` is a browser in which they signed in before."""
    name = _name(keyring, login)
    if device is not None:
        return [Allowance(keyring.index(f"guess device {device} {name}"), PER_DEVICE, name)]
    return [
        Allowance(name, PER_NAME, name),
        Allowance(keyring.index(f"guess address {_network(address)}"), PER_ADDRESS),
    ]


def of_owner(keyring: Keyring, login: str) -> list[Allowance]:
    """Return what a try at the present password on one's own page counts against."""
    return [Allowance(keyring.index(f"guess owner {login}"), PER_NAME, _name(keyring, login))]


def check(session: Session, allowances: Sequence[Allowance], now: datetime) -> None:
    """Raise `TooManyGuesses` where something is used up. It only reads: whoever goes on guessing writes nothing."""
    full = or_(*(and_(SignInThrottle.key == one.key, SignInThrottle.spent >= one.most) for one in allowances))
    until = session.scalar(
        select(SignInThrottle.ends_at).where(full, SignInThrottle.ends_at > now).order_by(SignInThrottle.ends_at.desc())
    )
    if until is not None:
        raise TooManyGuesses(until)


def reserve(session: Session, allowances: Sequence[Allowance], now: datetime) -> None:
    """Count one try against each, or raise `TooManyGuesses`, which must undo the transaction."""
    is_over = SignInThrottle.ends_at <= now
    for one in allowances:
        is_last = SignInThrottle.spent + 1 >= one.most
        values = {"key": one.key, "name_index": one.name_index, "spent": 1, "ends_at": now + WINDOW}
        fresh = upsert.insert(session, SignInThrottle).values(values)
        taken = fresh.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "spent": case((is_over, 1), else_=SignInThrottle.spent + 1),
                "ends_at": case((or_(is_over, is_last), now + WINDOW), else_=SignInThrottle.ends_at),
            },
            where=or_(is_over, SignInThrottle.spent < one.most),
        )
        if session.scalar(taken.returning(SignInThrottle.spent)) is None:
            check(session, [one], now)
            raise TooManyGuesses(now)


def give_back(session: Session, allowances: Sequence[Allowance]) -> None:
    """Take the try back: the password was right, or was not checked."""
    for one in allowances:
        session.execute(
            update(SignInThrottle)
            .where(SignInThrottle.key == one.key, SignInThrottle.spent > 0)
            .values(spent=SignInThrottle.spent - 1)
        )


def forget_old(session: Session, now: datetime) -> None:
    """Delete what counts no more, except what somebody else is writing: nobody waits for it."""
    over = (
        select(SignInThrottle.key)
        .where(or_(SignInThrottle.ends_at <= now, SignInThrottle.spent == 0))
        .with_for_update(skip_locked=True)
    )
    session.execute(delete(SignInThrottle).where(SignInThrottle.key.in_(session.scalars(over).all())))


def locked_until(session: Session, keyring: Keyring, login: str, now: datetime) -> datetime | None:
    """Return until when nobody signs in under this login from an unknown browser; `None`: it is open."""
    try:
        check(session, [Allowance(_name(keyring, login), PER_NAME)], now)
    except TooManyGuesses as full:
        return full.until
    return None


def unlock(session: Session, keyring: Keyring, login: str) -> None:
    """Forget every wrong password that was tried of this name."""
    session.execute(delete(SignInThrottle).where(SignInThrottle.name_index == _name(keyring, login)))


def _name(keyring: Keyring, login: str) -> str:
    return keyring.index(f"guess name {login.strip().lower()[:40]}")


def _network(address: str) -> str:
    """Return the network of an address: of IPv6, one household or firm has a whole /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address
