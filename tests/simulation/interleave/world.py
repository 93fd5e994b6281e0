"""The world of the interleavings: callers, agents, two routers and a clock, all moved by one source of chance.

Whatever it does goes through the product's own webhooks, router and sweep; a step of a router may be interrupted by any
other event, or be its last.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random

from sqlalchemy import event, select, update
from time_machine import Traveller

from hotline import clock
from hotline.context import AppContext
from hotline.models import Agent, Job, Lease
from hotline.outbox.lease import Leadership
from hotline.values.states.agent import SignsIn
from hotline.values.states.job import JobState
from routing.router.service import Router
from telephony.errors import ProviderDown
from tests.simulation.exchange.exchange import SimulatedExchange
from tests.simulation.exchange.network import Mail
from tests.simulation.exchange.telephone import Line
from tests.simulation.interleave import callers, phones, talks
from tests.simulation.interleave.arrivals import Caller, Wish
from tests.simulation.interleave.seams import Door, InTurn, Killed, Unheard, Watched, app_of
from tests.support.passing_time import pass_in_database
from workers import run, sweep
from workers.leader import Leader

USUAL = Caller()
OF_MESSAGES = ("fetch_recording", "file_message")
LEASE_SECONDS = 3.2
KILLED = 0.004
INTERRUPTED = 0.04


class World:
    """One hospital and everything that can happen in it."""

    def __init__(self, context: AppContext, seed: int, travel: Traveller) -> None:
        """Begin with everyone available and nobody calling. `context` holds a loaded hospital."""
        self.context = context = replace(context, notifier=Unheard(context.settings.redis_url))
        self.random = Random(seed)  # noqa: S311 (chance to be repeated, not a secret)
        self.travel = travel
        self.exchange = SimulatedExchange(
            context.settings, context.settings.hotline_home / "exchange", self.random, self._passes
        )
        self.exchange.requests.between = self._between
        self.trace: deque[str] = deque(maxlen=2_000)
        self.counts: Counter[str] = Counter()
        self.is_routing = False
        self.is_calm = False
        # The last step was a router's pass that ran to its end with nothing in between.
        self.is_clean = False
        self.interruptions = 0
        self.running: list[int] = []
        self.app = app_of(context, self.exchange.provider)
        self.client, self.door = self.app.test_client(), Door(self.app)
        self.routers = [self._router(), self._router()]
        with context.database.write() as session:
            session.execute(update(Agent).values(signs_in=SignsIn.TELEPHONE))
        with context.database.read() as session:
            self.agents = list(session.scalars(select(Agent).order_by(Agent.staff_number)))
        talks.page_phones(context, self.random)
        # How often rows were changed: rules look again only then.
        self.commits = 0
        event.listen(context.database.engine, "commit", self._committed)
        self.on_pass: Callable[[], None] = lambda: None

    def _passes(self, seconds: float) -> None:
        """The machine's clock goes with the exchange's."""
        self.travel.shift(timedelta(seconds=seconds))

    def close(self) -> None:
        """End the exchange."""
        self.exchange.close()

    def _committed(self, _connection: object) -> None:
        self.commits += 1

    def _router(self) -> Leader:
        context = replace(self.context, database=Watched(self.context.database, self._between))
        lease = Leadership(context.database, "router", clock.new_id(), lambda: clock.now().timestamp())
        return Leader(lease, Router(context, self.exchange.provider, InTurn()).work, tick_seconds=0.25)

    # Steps.

    def step(self) -> str:
        """One event; its name."""
        self.is_clean = False
        while True:
            (name,) = self.random.choices(list(EVENTS), [weight for weight, _ in EVENTS.values()])
            if self._do(name):
                return name

    def _do(self, name: str) -> bool:
        done = EVENTS[name][1](self)
        if done:
            self.counts[name] += 1
            self.trace.append(f"{clock.now():%H:%M:%S.%f} {'  ' * self.is_routing}{name} {done}")
        return bool(done)

    def _between(self) -> None:
        """Between two steps of a router: nothing, its death, or any event, even a pass of the other router."""
        if not self.is_routing or self.is_calm:
            return
        roll = self.random.random()
        if roll < KILLED:
            raise Killed
        if roll < KILLED + INTERRUPTED:
            self.is_routing = False
            self.interruptions += 1
            self.trace.append("in the middle of a pass:")
            try:
                self.step()
            finally:
                self.is_routing = True

    # What can happen. Each says what happened, or "" when it cannot happen now.

    def join(self, wish: Wish, caller: Caller = USUAL) -> Line:
        """A caller's line, in line for `wish`."""
        return callers.join(self.context, self.exchange, self.door, wish, caller)

    def deliver(self) -> str:
        """Any webhook in flight arrives; some arrive again later."""
        if not self.exchange.mail:
            return ""
        index = self._next_mail()
        mail = self.exchange.mail[index]
        if self.is_calm or self.random.random() >= self.exchange.faults.doubled:
            del self.exchange.mail[index]
        return self.post(mail)

    def _next_mail(self) -> int:
        """Which webhook arrives next: in every second case one of those that somebody waits for, if there is one."""
        awaited = [index for index, mail in enumerate(self.exchange.mail) if mail.is_awaited]
        return self.random.choice(awaited if awaited and self.random.random() < 0.5 else range(len(self.exchange.mail)))

    def post(self, mail: Mail) -> str:
        """Deliver a webhook; its line does what the answer says, if it still waits for it."""
        status, text = self.door.post(mail.url, mail.form)
        if status not in (200, 204):
            raise AssertionError(f"{mail.url}: HTTP {status}")
        mail.deliver(status, text)
        self.exchange.loop.settle()
        said = mail.form.get("CallStatus") or mail.form.get("StatusCallbackEvent") or mail.form.get("QueueResult")
        return f"{mail.url.replace('/voice', '')} {said}"

    def pass_time(self) -> str:
        """A moment, or a ring."""
        seconds = self.random.choice([0.05, 0.25, 0.25, 1.0, 1.0, 5.0])
        self.exchange.loop.pass_time(seconds)
        return f"{seconds} s"

    def route(self) -> str:
        """A router's pass; it may die in it, and is started again."""
        free = [index for index in range(len(self.routers)) if index not in self.running]
        if not free:
            return ""
        index, before = self.random.choice(free), self.interruptions + self.exchange.requests.failures
        if not self.running:
            self.on_pass()
        self.running.append(index)
        self.is_routing = True
        try:
            led = self.routers[index].work(clock.now())
        except Killed:
            self.routers[index] = self._router()
            return f"{index} is killed"
        finally:
            self.is_routing = False
            self.running.pop()
        self.is_clean = led and before == self.interruptions + self.exchange.requests.failures
        return f"{index} {'leads' if led else 'stands by'}"

    def usurp(self) -> str:
        """The leader is silent for too long: the other one may lead."""
        self.exchange.loop.pass_time(LEASE_SECONDS)
        with self.context.database.read() as session:
            lease = session.get(Lease, "router")
        return "nobody led" if lease is None else "the lease is over"

    def look_again(self) -> str:
        """The sweep asks the exchange about lines and recordings it has not mentioned."""
        lines = sweep.silent_lines(self.context, self.exchange.provider, clock.now())
        try:
            recordings = sweep.silent_recordings(
                self.context.database, self.context.notifier, self.exchange.provider, clock.now()
            )
        except ProviderDown:
            return f"{lines} lines"
        return f"{lines} lines, {recordings} messages"

    def work(self) -> str:
        """A worker does what is due for the messages of callers."""
        pass_in_database(self.context, timedelta(minutes=1))
        query = select(Job.id).where(Job.state == JobState.DUE, Job.kind.in_(OF_MESSAGES))
        with self.context.database.read() as session:
            due = list(session.scalars(query))
        for job_id in due:
            run.run(run.WorkerContext(self.context, self.exchange.provider), job_id)
        return f"{len(due)} jobs" if due else ""


EVENTS: dict[str, tuple[float, Callable[[World], str]]] = {
    "arrive": (8, lambda world: callers.arrive(world.context, world.exchange, world.door)),
    "rings": (12, lambda world: phones.begin_ringing(world.exchange)),
    "picks up": (10, lambda world: phones.pick_up(world.exchange)),
    "not answered": (2, lambda world: phones.not_answered(world.exchange)),
    "caller hangs up": (2.5, lambda world: phones.caller_hangs_up(world.exchange)),
    "agent drops": (2.5, lambda world: phones.agent_drops(world.exchange)),
    "webhook": (40, World.deliver),
    "key": (4, lambda world: callers.press(world.exchange)),
    "answers": (3, lambda world: callers.answer(world.exchange)),
    "status": (1.5, lambda world: talks.change_status(world.context, world.exchange, world.agents)),
    "hands on": (3, lambda world: talks.hand_on(world.context, world.exchange, world.agents)),
    "transfer goes on": (3, lambda world: talks.go_on(world.context, world.exchange)),
    "hold": (1, lambda world: talks.hold(world.context, world.exchange)),
    "agent hangs up": (1.5, lambda world: talks.hang_up(world.context, world.exchange)),
    "time": (10, World.pass_time),
    "comes back": (3, lambda world: talks.come_back(world.context, world.exchange, world.agents)),
    "router": (9, World.route),
    "lease over": (0.4, World.usurp),
    "sweep": (0.6, World.look_again),
    "worker": (0.6, World.work),
}
# Events of the outside world alone: no row changes before their webhooks arrive.
OUTSIDE = frozenset({"rings", "picks up", "not answered", "caller hangs up", "agent drops", "answers", "time"})
