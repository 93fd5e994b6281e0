"""TwiML's verbs, one module each or a few of a kind: what the attributes mean, and their execution."""

from exchange.flow.call_flow import Verbs
from exchange.verbs.connect import connect, start, stop
from exchange.verbs.dial import dial
from exchange.verbs.enqueue import enqueue
from exchange.verbs.gather import gather
from exchange.verbs.record import record
from exchange.verbs.redirect import hang_up, leave, redirect, reject
from exchange.verbs.refer import refer
from exchange.verbs.say import pause, play, say

VERBS: Verbs = {
    "Connect": connect,
    "Dial": dial,
    "Enqueue": enqueue,
    "Gather": gather,
    "Hangup": hang_up,
    "Leave": leave,
    "Pause": pause,
    "Play": play,
    "Record": record,
    "Redirect": redirect,
    "Refer": refer,
    "Reject": reject,
    "Say": say,
    "Start": start,
    "Stop": stop,
}
