"""What somebody hears who waits, in a queue or for a conference: the document of the wait address, or music."""

from exchange.calls.call_flow import Course, End, Goto
from exchange.media.sound import Pcm, Quiet

IN_QUEUE = ("Play", "Say", "Pause", "Hangup", "Redirect", "Leave", "Gather")
IN_CONFERENCE = ("Play", "Say", "Pause", "Redirect")


async def again_and_again(course: Course, goto: Goto) -> End:
    """A queue's document, asked for anew whenever it has run out; CallError when it cannot be had or followed."""
    while True:
        began = course.office.ticker.count
        end = await course.follow(goto)
        if end is not End.RAN_OUT:
            return end
        if course.office.ticker.count - began < 50:
            # An empty document must not be asked for more than once a second.
            await course.office.ticker.sleep(1.0)


async def once(course: Course, goto: Goto) -> None:
    """A conference's document, then silence; CallError when it cannot be had or followed. Lasts until cancelled."""
    await course.follow(goto)
    await course.leg.play(Quiet())


async def music(course: Course, sound: bytes) -> End:
    """The same sound, for ever."""
    await course.leg.play(Pcm(sound, times=0))
    return End.RAN_OUT
