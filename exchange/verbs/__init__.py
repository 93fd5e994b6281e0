"""TwiML's verbs, one module each or a few of a kind: what the attributes mean, and the doing of it."""

from exchange.course import Verbs
from exchange.verbs.dial import dial
from exchange.verbs.enqueue import enqueue
from exchange.verbs.flow import hang_up, leave, redirect, reject
from exchange.verbs.gather import gather
from exchange.verbs.record import record
from exchange.verbs.speech import pause, play, say

VERBS: Verbs = {
    "Dial": dial,
    "Enqueue": enqueue,
    "Gather": gather,
    "Hangup": hang_up,
    "Leave": leave,
    "Pause": pause,
    "Play": play,
    "Record": record,
    "Redirect": redirect,
    "Reject": reject,
    "Say": say,
}
