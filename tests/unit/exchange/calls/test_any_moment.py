"""Whatever happens at whatever moment of a call: nobody is left waiting, ringing, recorded or reserved."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from exchange.calls.call_details import StatusCallback
from exchange.flow.context import RecordingOptions
from exchange.media.dtmf import key_tones
from tests.support.properties import examples
from tests.unit.exchange.stage import HOSPITAL, Stage, document, play

EVENTS = 'statusCallback="/events" statusCallbackEvent="start end join leave"'
ROOM = f'<Dial action="/after"><Conference {EVENTS} endConferenceOnExit="true" waitUrl="/wait">r</Conference></Dial>'
DIAL = '<Dial action="/after" timeout="6" record="record-from-answer-dual"><Client>a</Client><Client>b</Client></Dial>'
PAGES = {
    "/voice": '<Gather numDigits="1" timeout="2" action="/menu"><Say>menu</Say></Gather><Redirect>/voice</Redirect>',
    "/menu": '<Enqueue waitUrl="/wait" action="/after">q</Enqueue>',
    "/wait": '<Say>wait</Say><Pause length="2"/>',
    "/after": "<Say>bye</Say>",
    "/room": ROOM,
    "/queue": "<Dial><Queue>q</Queue></Dial>",
    "/dial": DIAL,
    "/turn": '<Dial sequential="true" timeout="2" action="/after"><Client>a</Client><Client>b</Client></Dial>',
    "/own": f'<Dial action="/after" timeout="4">{HOSPITAL}</Dial>',
    "/talk": '<Start><Stream url="wss://a.test/"/></Start><Connect><Stream url="wss://b.test/"/></Connect>',
    "/speech": '<Gather input="dtmf speech" timeout="2" action="/after" partialResultCallback="/p"/>',
    "/coach": f'<Dial action="/after"><Conference {EVENTS} coach="CA1" beep="onExit">r</Conference></Dial>',
    "/record": '<Record maxLength="5" timeout="3" action="/after"/>',
}
ACTORS = ("caller", "a", "b")
DOCUMENTS = (
    *("/room", "/queue", "/dial", "/record", "/menu", "/voice"),
    *("/turn", "/own", "/talk", "/speech", "/coach"),
)

moments = st.floats(0.02, 2.5)
steps = st.one_of(
    st.tuples(st.just("answer"), st.sampled_from(ACTORS)),
    st.tuples(st.just("hang up"), st.sampled_from(ACTORS)),
    st.tuples(st.just("refuse"), st.sampled_from(ACTORS)),
    st.tuples(st.just("press"), st.sampled_from("15*#")),
    st.tuples(st.just("lead"), st.sampled_from(DOCUMENTS)),
    st.tuples(st.just("lead other"), st.sampled_from(DOCUMENTS)),
    st.tuples(st.just("call"), st.sampled_from(("a", "b"))),
    st.tuples(st.just("complete"), st.sampled_from(("first", "last"))),
    st.tuples(st.just("record"), st.sampled_from(("first", "last"))),
)


class Life:
    """Does steps to a stage."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.phones = {name: stage.telephone(f"client:{name}") for name in ACTORS}

    def do(self, step: str, what: str) -> None:
        legs = list(self.stage.context.legs.active.values())
        answerer = self.phones[what].answerer if what in self.phones else None
        match step:
            case "answer" if answerer:
                answerer.on_answer()
            case "hang up" if answerer:
                answerer.on_hang_up()
            case "refuse" if answerer:
                answerer.on_refuse(is_busy=False)
            case "press":
                self.phones["caller"].say(key_tones(what))
            case "lead" if legs and legs[0].is_up:
                self.stage.switch.redirect(legs[0], document(f"<Redirect>http://app.test{what}</Redirect>"))
            case "lead other" if legs and legs[-1].is_up:
                self.stage.switch.redirect(legs[-1], document(f"<Redirect>http://app.test{what}</Redirect>"))
            case "complete" if legs:
                legs[0 if what == "first" else -1].drop()
            case "record" if legs:
                self.stage.context.record(
                    legs[0 if what == "first" else -1], RecordingOptions(2, "x"), StatusCallback("http://app.test/rec")
                )

    def check(self) -> None:
        """After the end nothing is left."""
        context = self.stage.context
        assert not context.legs.active
        assert not context.recordings.active
        assert all(wire.is_closed for wire in self.stage.sockets.wires)
        assert all(phone.answerer is None for phone in self.phones.values())
        assert all(not queue.members for queue in context.queues.by_sid.values())
        assert all(c.status == "completed" and not c.participants for c in context.conferences.by_sid.values())
        ends = [params["CallSid"] for params in self.stage.app.asked("/status")]
        assert len(ends) == len(set(ends)) >= 1
        events = [params["StatusCallbackEvent"] for params in self.stage.app.asked("/events")]
        assert events.count("participant-join") == events.count("participant-leave")
        assert len(self.stage.app.asked("/rec")) == len(
            [
                facts
                for facts in context.recordings.facts.values()
                if facts.source == "x" and facts.status == "completed"
            ]
        )


@examples(40)
@given(story=st.lists(st.tuples(moments, steps), max_size=10))
def test_nothing_is_left_over_whatever_happens_and_when(story: list[tuple[float, tuple[str, str]]]) -> None:
    async def live(stage: Stage) -> None:
        stage.app.pages = dict(PAGES)
        life = Life(stage)
        await stage.dials("client:caller")
        for seconds, (step, what) in story:
            await stage.passes(seconds)
            if step == "call":
                await stage.calls(f"client:{what}", "<Redirect>http://app.test/room</Redirect>", seconds=5)
            else:
                life.do(step, what)
        await stage.passes(0.5)
        for leg in list(stage.context.legs.active.values()):
            leg.drop()
        await stage.passes(0.5)
        life.check()

    with TemporaryDirectory() as folder:
        play(live, Path(folder))
