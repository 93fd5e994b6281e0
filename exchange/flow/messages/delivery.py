"""Text messages on their way: shown at once, or when the telephone comes, or not at all; each step is reported."""

from datetime import datetime

from exchange.calls.line import TelephoneLine
from exchange.flow.context import ExchangeContext
from exchange.flow.messages.message_store import TextMessage


def send(context: ExchangeContext, message: TextMessage) -> None:
    """Show a message now, or at its time; a telephone that is not there gets it when it registers."""
    context.messages.keep(message)
    if message.scheduled and message.scheduled > context.ticker.now():
        message.status = "scheduled"
        context.messages.keep(message)
        context.webhooks.later(_at_its_time(context, message, message.scheduled))
        return
    _move(context, message, "sent")
    line = context.directory.find(message.to)
    if line is not None and line.shows_texts:
        _show(context, message, line)
    elif line is not None or message.to.startswith("sip"):
        _move(context, message, "undelivered")
    else:
        for old in context.messages.overdue(message.to):
            _move(context, old, "undelivered")
        context.webhooks.later(_until_too_late(context, message))


def hand_over(context: ExchangeContext, line: TelephoneLine) -> None:
    """Show a telephone that has come what waited for it."""
    for message in context.messages.waiting(line.address):
        _show(context, message, line)


def resume(context: ExchangeContext) -> None:
    """Go on after a restart with what was scheduled or waited."""
    for message in list(context.messages.kept.values()):
        if message.status == "scheduled":
            send(context, message)
        elif message.status == "sent":
            context.webhooks.later(_until_too_late(context, message))


def cancel(context: ExchangeContext, message: TextMessage) -> None:
    """Cancel a scheduled message."""
    _move(context, message, "canceled")


async def _at_its_time(context: ExchangeContext, message: TextMessage, moment: datetime) -> None:
    wait = (moment - context.ticker.now()).total_seconds()
    if not await context.ticker.first(message.settled.wait(), seconds=max(0.0, wait)):
        message.scheduled = None
        send(context, message)


async def _until_too_late(context: ExchangeContext, message: TextMessage) -> None:
    age = (context.ticker.now() - message.created).total_seconds()
    await context.ticker.first(message.settled.wait(), seconds=max(0.0, message.valid_seconds - age))
    if message.status == "sent" and message.sid in context.messages.kept:
        _move(context, message, "undelivered")


def _show(context: ExchangeContext, message: TextMessage, line: TelephoneLine) -> None:
    line.tell("message", **{"from": message.sender, "body": message.body, "at": message.created.isoformat()})
    _move(context, message, "delivered")


def _move(context: ExchangeContext, message: TextMessage, status: str) -> None:
    message.status = status
    context.messages.keep(message)
    if status in ("delivered", "undelivered", "canceled"):
        message.settled.set()
    if message.callback.wants(status):
        parameters = {
            "AccountSid": context.config.account_sid,
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "MessageStatus": status,
            "SmsStatus": status,
            "From": message.sender,
            "To": message.to,
        }
        parameters |= {"ErrorCode": "30003"} if status == "undelivered" else {}
        context.report(message.sid, message.callback, parameters)
