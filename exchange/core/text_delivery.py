"""Text messages on their way: shown at once, or when the telephone comes, or not at all; each step is reported."""

from datetime import datetime

from exchange.calls.line import Line
from exchange.core.core import Office
from exchange.core.texts import Message


def send(office: Office, message: Message) -> None:
    """Show it now, or at its time; a telephone that is not there gets it when it registers."""
    office.texts.keep(message)
    if message.scheduled and message.scheduled > office.ticker.now():
        message.status = "scheduled"
        office.texts.keep(message)
        office.webhooks.later(_at_its_time(office, message, message.scheduled))
        return
    _move(office, message, "sent")
    line = office.directory.find(message.to)
    if line is not None and line.shows_texts:
        _show(office, message, line)
    elif line is not None or message.to.startswith("sip"):
        _move(office, message, "undelivered")
    else:
        for old in office.texts.overdue(message.to):
            _move(office, old, "undelivered")
        office.webhooks.later(_until_too_late(office, message))


def hand_over(office: Office, line: Line) -> None:
    """A telephone has come: what waited for it is shown."""
    for message in office.texts.waiting(line.address):
        _show(office, message, line)


def resume(office: Office) -> None:
    """After a restart: what was scheduled or waited goes on."""
    for message in list(office.texts.kept.values()):
        if message.status == "scheduled":
            send(office, message)
        elif message.status == "sent":
            office.webhooks.later(_until_too_late(office, message))


def cancel(office: Office, message: Message) -> None:
    """A scheduled message that is not wanted any more."""
    _move(office, message, "canceled")


async def _at_its_time(office: Office, message: Message, moment: datetime) -> None:
    wait = (moment - office.ticker.now()).total_seconds()
    if not await office.ticker.first(message.settled.wait(), seconds=max(0.0, wait)):
        message.scheduled = None
        send(office, message)


async def _until_too_late(office: Office, message: Message) -> None:
    age = (office.ticker.now() - message.created).total_seconds()
    await office.ticker.first(message.settled.wait(), seconds=max(0.0, message.valid_seconds - age))
    if message.status == "sent" and message.sid in office.texts.kept:
        _move(office, message, "undelivered")


def _show(office: Office, message: Message, line: Line) -> None:
    line.tell("message", **{"from": message.sender, "body": message.body, "at": message.created.isoformat()})
    _move(office, message, "delivered")


def _move(office: Office, message: Message, status: str) -> None:
    message.status = status
    office.texts.keep(message)
    if status in ("delivered", "undelivered", "canceled"):
        message.settled.set()
    if message.callback.wants(status):
        told = {
            "AccountSid": office.config.account_sid,
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "MessageStatus": status,
            "SmsStatus": status,
            "From": message.sender,
            "To": message.to,
        }
        told |= {"ErrorCode": "30003"} if status == "undelivered" else {}
        office.report(message.sid, message.callback, told)
