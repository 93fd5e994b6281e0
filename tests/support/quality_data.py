"""People's quality in tests: a second supervisor, calls on past days, the machine's marks, reviews filled in."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from hotline.context import AppContext
from hotline.models import AutoScore, Call, Review, User
from hotline.values.access import Role
from hotline.values.language import Language
from hotline.values.scorecard import ItemAnswer
from qa import scorecards
from qa.reviews import answers, service
from qa.reviews.service import ReviewDraft
from qa.sampling import targeted_service
from tests.support.morning import Morning, answered, hashed, morning

# What the machine says of every call: sure of some items, unsure of one, wrong about none.
MARKS = {
    "greeting": (ItemAnswer.YES, 0.98, [(0.5, 3.0)]),
    "self_id": (ItemAnswer.NO, 0.04, []),
    "forbidden": (ItemAnswer.NO, 0.02, []),
    "confirm": (ItemAnswer.UNSURE, 0.55, [(6.2, 8.8)]),
    "closing": (ItemAnswer.YES, 0.97, [(9.0, 11.5)]),
    "long_silence": (ItemAnswer.NO, 0.1, []),
    "hold": (ItemAnswer.NA, None, []),
    "apology": (ItemAnswer.NA, None, []),
    "talk_over": (ItemAnswer.NO, 0.2, []),
    "pace": (ItemAnswer.YES, 0.9, []),
    "first_words": (ItemAnswer.YES, 0.9, [(0.5, 3.0)]),
}


@dataclass
class House:
    """A morning with two supervisors, and the ids of users by their login."""

    made: Morning
    users: dict[str, str] = field(default_factory=dict)

    @property
    def call(self) -> Call:
        """The answered call of the agent N01."""
        return self.made.calls["answered"]


def house(context: AppContext, now: datetime, language: Language = Language.MANDARIN) -> House:
    """The morning, its answered call marked by the machine, and a second supervisor `second`."""
    made = House(morning(context, now, language))
    with context.database.write() as session:
        session.add(User(login="second", password=hashed(), name="刘洋", role=Role.SUPERVISOR, language=language))
        for user in session.scalars(select(User)):
            user.language = language
            made.users[user.login] = user.id
        session.flush()
        made.users |= {user.login: user.id for user in session.scalars(select(User))}
    mark(context, made.call, made.made.sound.id, now)
    return made


def mark(context: AppContext, call: Call, recording_id: str, now: datetime, **other: ItemAnswer) -> None:
    """The machine's marks of a call; `other` answers by item replace those of `MARKS`."""
    with context.database.write() as session:
        session.execute(delete(AutoScore).where(AutoScore.call_id == call.id))
        for item, (answer, probability, places) in MARKS.items():
            row = AutoScore(call_id=call.id, scorecard="service", item=item, answer=other.get(item, answer))
            row.probability, row.made_at = probability, now
            row.evidence = [
                {"recording_id": recording_id, "start": start, "end": end, "speaker": "agent"} for start, end in places
            ]
            session.add(row)


def days_of_calls(context: AppContext, made: Morning, days: int, calls: int, now: datetime) -> list[Call]:
    """Answered calls of the agent N01 on each of the past `days`, each with its sound and a transcript."""
    found = []
    for day in range(1, days + 1):
        for number in range(calls):
            found.append(answered(context, made, now - timedelta(days=day, minutes=10 * number)))
    return found


def filled(context: AppContext, review: Review, **other: str) -> dict[str, str]:
    """Good answers to every item; `other` answers by item replace them."""
    card = scorecards.load(context.settings.scorecards_folder)[review.scorecard]
    best = {item.id: str(item.good) if "yes" in answers.choices(item) else str(item.points) for item in card.items}
    return best | other


def read(context: AppContext, review_id: str) -> Review:
    """The review as it is now."""
    with context.database.read() as session:
        return session.get_one(Review, review_id)


def published(context: AppContext, call: Call, user_id: str, now: datetime, **other: str) -> str:
    """A published review of the call; `other` answers by item. Its id."""
    review_id = targeted_service.choose(context.database, context.settings, call.id, user_id, now)
    service.take(context.database, context.settings, review_id, user_id, now)
    review = read(context, review_id)
    draft = ReviewDraft(review.version, filled(context, review, **other), {"remark": "讲得清楚，别忘了报工号。"})
    service.publish(context.database, context.settings, review_id, user_id, draft, now)
    return review_id
