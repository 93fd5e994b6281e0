"""The sound for callers who wait, in a queue or for a conference: the document of the wait address, or music."""

from exchange.flow.call_flow import CallFlow, FlowEnd, Goto
from exchange.media.audio_source import PcmSource, SilenceSource

IN_QUEUE = ("Play", "Say", "Pause", "Hangup", "Redirect", "Leave", "Gather")
IN_CONFERENCE = ("Play", "Say", "Pause", "Redirect")


async def repeat_document(flow: CallFlow, goto: Goto) -> FlowEnd:
    """Play a queue's document, fetched anew whenever it has run out. Raises `CallError` when it cannot be fetched or
    followed.
    """
    while True:
        began = flow.context.ticker.count
        end = await flow.follow(goto)
        if end is not FlowEnd.RAN_OUT:
            return end
        if flow.context.ticker.count - began < 50:
            # An empty document must not be asked for more than once a second.
            await flow.context.ticker.sleep(1.0)


async def play_document(flow: CallFlow, goto: Goto) -> None:
    """Play a conference's document, then silence, until cancelled. Raises `CallError` when it cannot be fetched or
    followed.
    """
    await flow.follow(goto)
    await flow.leg.play(SilenceSource())


async def play_music(flow: CallFlow, sound: bytes) -> FlowEnd:
    """Play the same sound, for ever."""
    await flow.leg.play(PcmSource(sound, times=0))
    return FlowEnd.RAN_OUT
