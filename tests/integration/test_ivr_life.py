"""A call's life as a machine: webhooks in any order, twice, late, with a hang-up at any point, on both databases."""

from typing import Any

from flask import Flask
from hypothesis import HealthCheck
from hypothesis import settings as effort
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import func, select

from hotline.context import AppContext
from hotline.models import Call, CallHistoryEvent, Queue, QueueEntry, Skill
from hotline.values.states.call import CallOutcome, CallStatus
from hotline.values.states.queue_entry import QueueEntryState
from telephony.provider import connect
from tests.integration.caller import Caller, Document
from tests.support.properties import times
from tests.support.webhooks import unhurried_app

OPEN = [QueueEntryState.WAITING, QueueEntryState.WON]
REPORTS = ("ringing", "in-progress", "completed", "busy", "no-answer", "failed", "canceled")


class Life(RuleBasedStateMachine):
    """One call after another on one app; `app` and `context` are set by the test."""

    app: Flask
    context: AppContext

    def __init__(self) -> None:
        """A new caller dials."""
        super().__init__()
        self.caller = Caller(self.app, self.context.settings)
        self.sent: list[tuple[str, dict[str, str]]] = []
        self.has_ended = False
        self._send("/voice/calls", CallStatus="ringing")

    def _send(self, path: str, **parameters: str) -> Document | None:
        self.sent.append((path, parameters))
        response = self.caller.post(path, **parameters)
        assert response.status_code in {200, 204}
        return Document(response.text) if response.status_code == 200 else None

    def _follow(self, path: str, **parameters: str) -> None:
        document = self._send(path, **parameters)
        if document is not None and document.verbs:
            self.caller.here = document

    @property
    def place(self) -> tuple[str, int]:
        """The call's id and the turn that is expected."""
        with self.context.database.read() as session:
            row = session.execute(select(Call.id, Call.turn).where(Call.provider_sid == self.caller.sid)).one()
            return row[0], row[1]

    @rule(key=st.sampled_from(["", *"0123456789*#"]))
    def press(self, key: str) -> None:
        """The next turn."""
        call_id, number = self.place
        self._follow(f"/voice/calls/{call_id}/turns/{number}", Digits=key)

    @rule(back=st.integers(1, 4), key=st.sampled_from(["", "1", "9"]))
    def stray_turn(self, back: int, key: str) -> None:
        """A turn long gone, or one that is not due."""
        call_id, number = self.place
        before = self._rows()
        self._send(f"/voice/calls/{call_id}/turns/{max(0, number - 1 - back)}", Digits=key)
        self._send(f"/voice/calls/{call_id}/turns/{number + back}", Digits=key)
        assert self._rows() == before

    @rule(pick=st.randoms(use_true_random=False))
    def again(self, pick: Any) -> None:
        """A webhook of before is delivered once more: nothing changes."""
        path, parameters = pick.choice(self.sent)
        is_move = path.endswith(("wait", "fallback")) or "turns" in path
        if is_move and (path, parameters) != self.sent[-1]:
            return  # late turns are covered above; late waits and rescues may rightly move a call
        before = self._rows()
        assert self.caller.post(path, **parameters).status_code in {200, 204}
        assert self._rows() == before

    @rule(digits=st.sampled_from(["", "9", "5"]))
    def wait(self, digits: str) -> None:
        """The wait address is asked."""
        self._send(f"/voice/calls/{self.place[0]}/wait", Digits=digits, QueuePosition="1")

    @rule(result=st.sampled_from(["hangup", "leave", "redirected", "error", "system-error", "queue-full", "nonsense"]))
    def left(self, result: str) -> None:
        """The caller left the exchange's queue."""
        self.has_ended = self.has_ended or result == "hangup"
        self._follow(f"/voice/calls/{self.place[0]}/queue-left", QueueResult=result)

    @rule(word=st.sampled_from(REPORTS), number=st.integers(0, 5))
    def report(self, word: str, number: int) -> None:
        """A status callback, in whatever order."""
        self.has_ended = self.has_ended or word not in {"ringing", "in-progress"}
        self._send("/voice/calls/status", CallStatus=word, SequenceNumber=str(number))

    @rule()
    def rescue(self) -> None:
        """The exchange could not use an answer."""
        self._follow("/voice/fallback", ErrorCode="11200")

    @precondition(lambda self: self.has_ended)
    @rule()
    def after_the_end(self) -> None:
        """Whatever is asked of an ended call is answered by hanging up."""
        call_id, number = self.place
        assert self._send(f"/voice/calls/{call_id}/turns/{number}", Digits="1").verbs == ["Hangup"]  # type: ignore[union-attr] # 200

    def _rows(self) -> Any:
        with self.context.database.read() as session:
            call = session.execute(
                select(
                    Call.status, Call.outcome, Call.turn, Call.dialogue_state, Call.consent_at, Call.language, Call.id
                )
                .where(Call.provider_sid == self.caller.sid)
            ).one()  # fmt: skip
            events = session.scalar(select(func.count()).where(CallHistoryEvent.call_id == call.id))
            lines = session.execute(
                select(QueueEntry.queue, QueueEntry.state).where(QueueEntry.call_id == call.id)
            ).all()
        return tuple(call), events, [tuple(line) for line in lines]

    @invariant()
    def rows_agree(self) -> None:
        """A caller is in at most one line, in one exactly while waiting, and in none when gone."""
        (status, outcome, *_rest), _events, lines = self._rows()
        opened = [line for line in lines if line[1] in OPEN]
        assert len(opened) == (1 if status is CallStatus.WAITING else 0)
        assert (status is CallStatus.ENDED) == self.has_ended
        if status is CallStatus.ENDED:
            assert outcome is (CallOutcome.ABANDONED if lines else outcome)
            assert outcome is not None

    @invariant()
    def end_is_told_once(self) -> None:
        """However many reports of the end arrive."""
        with self.context.database.read() as session:
            query = select(func.count()).where(
                CallHistoryEvent.call_id == self.place[0], CallHistoryEvent.kind == "call_ended"
            )
            assert session.scalar(query) == (1 if self.has_ended else 0)


def test_life_of_a_call_holds_together_whatever_arrives(context: AppContext) -> None:
    with context.database.write() as session:
        session.add_all([Skill(name=n, label_zh=n, label_en=n) for n in ("booking", "complaint", "nurse")])
        session.flush()
        session.add_all([Queue(name=n, label_zh=n, label_en=n) for n in ("booking", "nurse")])
    provider = connect(context.settings)
    app = unhurried_app(context, provider)
    machine = type("LifeOnThis", (Life,), {"app": app, "context": context})
    quick = effort(
        max_examples=times(25), stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(machine, settings=quick)
    provider.close()
