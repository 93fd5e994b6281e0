"""Forms: what is posted is read by field, and what does not fit is told by field in the reader's language."""

from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask
from flask_babel import Babel

from console.accounts import forms as _accounts  # noqa: F401 (each is a form below)
from console.admin.forms import AgentForm
from console.calls.forms import SearchForm
from console.campaigns import forms as _campaigns  # noqa: F401 (as above)
from console.crm.forms import LONGEST_TEXT, CommentForm, StateForm
from console.desk.forms import BeatForm, TransferForm
from console.quality.forms import CoachingForm, DraftForm
from console.reports.forms import ReportForm
from console.web import forms
from console.web.forms import Form, InvalidForm
from console.web.language import words
from hotline.configuration.translations import LOCALES
from hotline.values.language import Language
from hotline.values.states.case import CaseState
from hotline.values.states.transfer import TransferKind
from qa.reviews.coaching_service import RecordingClip


@pytest.fixture(params=Language)
def app(request: pytest.FixtureRequest) -> Flask:
    """An app that answers in one language."""
    made = Flask(__name__)
    made.config["SECRET_KEY"] = "x"
    Babel(made, locale_selector=lambda: LOCALES[request.param])
    return made


def kinds(kind: type[Form] = Form) -> Iterator[type[Form]]:
    """All forms there are."""
    for one in kind.__subclasses__():
        yield one
        yield from kinds(one)


def posted(app: Flask, kind: type[forms.Filled], **values: str) -> forms.Filled:
    with app.test_request_context("/", method="POST", data=values):
        return forms.submitted(kind)


def errors(app: Flask, kind: type[Form], **values: str) -> list[tuple[str, str]]:
    with pytest.raises(InvalidForm) as refused:
        posted(app, kind, **values)
    assert refused.value.code == 400
    return refused.value.errors


def test_every_label_is_a_key_of_the_catalogue_in_both_languages(app: Flask) -> None:
    found = list(kinds())
    assert len(found) > 20
    with app.test_request_context("/", method="POST"):
        for kind in found:
            for field in kind():
                for language in Language:
                    assert words(language).known(field.label.text), (kind, field.name)


def test_values_are_read_by_their_kind(app: Flask) -> None:
    assert posted(app, StateForm, state="closed").state.data is CaseState.CLOSED
    assert posted(app, CommentForm, text=" called back ").text.data == "called back"
    assert posted(app, SearchForm, q=" a ", since="2026-03-02").data == {
        "q": " a ",
        "since": date(2026, 3, 2),
        "until": None,
        "queue": None,
        "agent": None,
    }
    draft = posted(app, DraftForm, **{"answer-greeting": "yes", "version": "3", "remark": "good"})
    assert (draft.answers.data, draft.version.data, draft.comment.data) == ({"greeting": "yes"}, 3, "")
    assert posted(app, DraftForm).version.data == -1
    agent = posted(app, AgentForm, **{"name": "王芳", "level.booking": "3", "level.nurse": ""})
    assert (agent.levels.data, agent.department.data) == ({"booking": "3"}, None)
    transfer = posted(app, TransferForm, to="queue:nurse", how=next(iter(TransferKind)))
    assert (transfer.target("queue"), transfer.target("agent")) == ("nurse", None)
    report = posted(app, ReportForm, period="last_7")
    assert (report.kind.data, report.unit.data, report.agent.data) == ("quality", "week", None)
    assert posted(app, CoachingForm, recording="r", clip_start="1.5", clip_end="3").clip == RecordingClip("r", 1.5, 3.0)
    assert posted(app, CoachingForm, recording="r", clip_start="1.5").clip is None


def test_what_does_not_fit_is_told_by_field(app: Flask) -> None:
    assert [label for label, _ in errors(app, StateForm, state="sold")] == ["cases.state"]
    assert [label for label, _ in errors(app, StateForm)] == ["cases.state"]
    assert [label for label, _ in errors(app, CommentForm, text="  ")] == ["cases.comment"]
    assert [label for label, _ in errors(app, CommentForm, text="x" * (LONGEST_TEXT + 1))] == ["cases.comment"]
    assert [label for label, _ in errors(app, BeatForm, page="../x", phone="none")] == ["form.hidden"]
    assert [label for label, _ in errors(app, AgentForm, **{"level.booking": "9"})] == ["roster.skills"]
    assert [label for label, _ in errors(app, TransferForm, to="nobody", how="y")] == ["transfer.to", "transfer.title"]
    assert [label for label, _ in errors(app, SearchForm, since="yesterday")] == ["search.since"]


def test_messages_are_in_the_reader_s_language(app: Flask) -> None:
    ((_, message),) = errors(app, StateForm, state="sold")
    with app.test_request_context("/"):
        is_chinese = any("一" <= sign <= "鿿" for sign in message)
        assert is_chinese == (app.extensions["babel"].locale_selector() == LOCALES[Language.MANDARIN])
