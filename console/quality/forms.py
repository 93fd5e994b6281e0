"""Forms of reviews, calibrations and coaching. What may be empty, and for how long, the services decide."""

from wtforms import DateField, FloatField, IntegerField
from wtforms.validators import Optional

from console.web.forms import (
    HIDDEN,
    EnumField,
    Form,
    IdField,
    IdsField,
    PrefixedField,
    TextField,
    VerbatimField,
    YesField,
)
from hotline.values.states.review import Ruling
from qa.reviews.coaching_service import RecordingClip


class AnswersForm(Form):
    """The answers of a scorecard, by item."""

    answers = PrefixedField("review.title", prefix="answer-")


class DraftForm(AnswersForm):
    """A review as it is filled in; `version` is that of the draft the page had shown."""

    version = IntegerField(HIDDEN, default=-1, validators=[Optional()])
    remark = VerbatimField("review.remark")
    comment = VerbatimField("review.comments")


class DropForm(Form):
    """Why a call cannot be reviewed."""

    why = VerbatimField("review.drop_why")


class CommentForm(Form):
    """A comment on a second of a recording."""

    recording = IdField(HIDDEN)
    second = FloatField(HIDDEN, default=0.0, validators=[Optional()])
    comment = VerbatimField("review.comment_hint")


class AppealForm(Form):
    """Why the agent appeals."""

    reasons = VerbatimField("review.appeal_why")


class RulingForm(AnswersForm):
    """The ruling on an appeal, why, and the answers that count from now on."""

    ruling = EnumField("review.rule", Ruling)
    answer = VerbatimField("review.rule_why")


class CalibrationForm(Form):
    """Calls that go to several supervisors."""

    name = VerbatimField("calibration.name")
    scorecard = TextField("calibration.scorecard")
    call = IdsField("calibration.calls")
    person = IdsField("calibration.people")


class CoachingForm(Form):
    """What an agent is to work on, with an example from a recording."""

    item = IdField("review.coach_item")
    finding = VerbatimField("review.coach_what")
    recording = IdField(HIDDEN)
    clip_start = FloatField("review.coach_from", validators=[Optional()])
    clip_end = FloatField("review.coach_to", validators=[Optional()])
    due_on = DateField("review.coach_due", validators=[Optional()])

    @property
    def clip(self) -> RecordingClip | None:
        """Return the example; `None` unless recording, start and end are there."""
        recording, start, end = self.recording.data, self.clip_start.data, self.clip_end.data
        return RecordingClip(recording, start, end) if recording and start is not None and end is not None else None


class RecheckForm(Form):
    """Whether it is well now, in which review that was seen, else until when it goes on."""

    passed = YesField("coaching.passed")
    recheck = IdField("coaching.recheck_call")
    due_on = DateField("coaching.again", validators=[Optional()])
