"""The words of the pages: the same keys in both languages, every key that is used exists, none is left over."""

import dataclasses
import re
import string
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Message

import console
from accounts.errors import UserRefused
from campaigns.dialling import next_attempt, pacing
from campaigns.dialogue import scripts_file
from campaigns.importing.record import VisitEvent
from campaigns.importing.visits import stop_reasons
from campaigns.importing.visits.identity_queries import FIELDS
from campaigns.planning import plan
from campaigns.stopping import service
from console.admin import audit_words
from console.admin.audit_http import COLUMNS as AUDIT_COLUMNS
from console.admin.failed_work_http import REASONS
from console.calls import event_text
from console.campaigns.answers import BESIDE, COMMON
from console.campaigns.http import STEPS as CAMPAIGN_STEPS
from console.crm.patients_http import FACTS
from console.floor.http import SECTIONS
from console.reports.forms import PERIODS
from console.web.faults import KNOWN
from console.web.forms import HIDDEN
from console.web.language import words
from hotline.configuration import translations
from hotline.models import Agent, CallHistoryEvent
from hotline.values import call_events, reason_codes
from hotline.values.access import AuditOutcome, Role
from hotline.values.intent import Intent
from hotline.values.language import Language
from hotline.values.scorecard import ItemAnswer
from hotline.values.states.agent import AbsenceReason, AgentState, AgentStatus
from hotline.values.states.attempt import AttemptOutcome
from hotline.values.states.calibration import CalibrationState
from hotline.values.states.call import CallOutcome, CallStatus, Direction
from hotline.values.states.campaign import CampaignState
from hotline.values.states.case import CaseKind, CaseState, Urgency
from hotline.values.states.coaching import CoachingState
from hotline.values.states.offer import OfferState
from hotline.values.states.recipient import RecipientState
from hotline.values.states.recording import RecordingState
from hotline.values.states.review import ReviewState
from hotline.values.states.transfer import TransferState
from qa.errors import ReviewRefused
from qa.reports.values import KINDS, UNITS
from qa.reviews.queries import TABS
from qa.sampling.policy_file import RULES
from routing.calls.leg_service import ENDS as LEG_ENDS
from routing.router.action_service import ENDS as ROUTER_ENDS
from workers.registry import JOB_KINDS

FOLDER = Path(console.__file__).parent
LANGUAGES = list(Language)
# Prefixes of keys that are put together from a word of a row: every word of the enumeration has its entry.
TABLES = {
    "role": Role,
    "intent": Intent,
    "outcome": CallOutcome,
    "status": CallStatus,
    "agent_status": AgentStatus,
    "agent_state": AgentState,
    "offer_state": OfferState,
    "recording_state": RecordingState,
    "language_name": Language,
    "case_kind": CaseKind,
    "case_state": CaseState,
    "urgency": Urgency,
    "review_state": ReviewState,
    "coaching_state": CoachingState,
    "answer": ItemAnswer,
    "campaign_state": CampaignState,
    "recipient_state": RecipientState,
    "attempt_outcome": AttemptOutcome,
    "look_outcome": AuditOutcome,
}
CANNOT_EDIT = (
    *("name_missing", "department_unknown", "address_unfit", "address_taken"),
    *("level_unfit", "busy", "changed_meanwhile"),
)
CANNOT_TRANSFER = ("not_talking", "goes_on", "no_such_queue", "no_such_agent", "not_free")
STEPS = (
    *("drawn", "taken", "released", "published", "finished", "dropped"),
    *("acknowledged", "appealed", "upheld", "changed"),
)
WHY = (
    pacing.HOTLINE_BUSY,
    pacing.NO_NURSE,
    pacing.NURSES,
    pacing.PROVIDER,
    pacing.NOBODY_DUE,
    pacing.ALL_DUE,
    pacing.LIMIT,
)
WITHOUT = (*sorted(stop_reasons.CAUSES), plan.NO_CONSENT, plan.TOO_LATE, plan.NO_HOURS, plan.ELSEWHERE)
SOURCES = ("hl7", "json", "ndjson", "csv", "xlsx", service.LISTED)
KEYS = ("items", "answer", "machine", "evidence", "play", "seek", "comment", "publish", "escape", "help")
DESK_FAULTS = ("network", "slow", "out", "forbidden", "other", "gone")
TABLES_OF_A_CALL = ("menu", "waiting", "talking", "recording", "caller_clock", "offer_clock")


def used() -> set[str]:
    """The keys that stand as a whole in templates and modules."""
    texts = [path.read_text("utf-8") for path in [*FOLDER.rglob("*.html"), *FOLDER.rglob("*.py")]]
    pattern = re.compile(
        r"""(?:(?<![\w.])(?:t|words|flash)|\.well)\(["']([a-z_.]+[a-z_])["'][,)]|["']((?:nav|users)\.(?!html)[a-z_]+)["']"""
    )
    return {one or other for text in texts for one, other in pattern.findall(text)}


def kinds(error: type[UserRefused]) -> list[type[UserRefused]]:
    """The errors of this kind that are raised: those that have no kinds of their own."""
    found = error.__subclasses__()
    return [one for kind in found for one in kinds(kind)] if found else [error]


def made_up() -> set[str]:
    """The keys that are put together while a page is made."""
    keys = {f"{table}.{word}" for table, enumeration in TABLES.items() for word in enumeration}
    keys |= {f"fault.{code}" for code in KNOWN} | {"fault.stale", "fault.other", "outcome.live"}
    keys |= {f"user_fault.{error.code}" for error in kinds(UserRefused)} | {
        f"sign_in.{fault}" for fault in ("wrong", "expired", "locked", "busy")
    }
    keys |= {f"identities.{name}" for name in (*FIELDS, "accepted", "refused", "decided_before")}
    keys |= {f"agent_fault.{code}" for code in CANNOT_EDIT} | {"roster.languages"}
    keys |= {f"quality_fault.{error.code}" for error in ReviewRefused.__subclasses__()}
    keys |= {f"rule.{name}" for name in (*RULES, "chosen", "calibration", "random", "targeted")}
    keys |= {f"reporting.{name}" for name in (*PERIODS, *KINDS, *UNITS)}
    keys |= {f"review_step.{name}" for name in STEPS} | {f"review.key_{name}" for name in KEYS}
    keys |= {f"reviews.{tab}" for tab in TABS} | {f"calibration.{state}" for state in CalibrationState}
    keys |= {f"figures.{name}{end}" for name in ("caller", "offer") for end in ("", "_note")}
    keys |= {f"call.{name}" for name in TABLES_OF_A_CALL}
    keys |= {f"call.hear_{who}" for who in ("both", "caller", "agent")}
    keys |= {f"campaigns.{step}" for step in CAMPAIGN_STEPS} | {"campaigns.by_ward", "campaigns.by_month"}
    keys |= {f"campaign_why.{why}" for why in WHY} | {f"campaign_without.{why}" for why in WITHOUT}
    keys |= {"cases.owner_nobody", "cases.owner_mine", "cases.written", "cases.handed_over", "cases.moved"}
    keys |= {f"transfer.state_{state}" for state in TransferState} | {
        f"why.{code}" for codes in (reason_codes.PriorityReason, reason_codes.OfferReason) for code in codes
    }
    keys |= {f"transfer.again_{why}" for why in reason_codes.RequeueReason}
    keys |= {f"transfer.{why}" for why in CANNOT_TRANSFER} | {"transfer.from_consult", "transfer.from_caller"}
    keys |= {f"recipient_change.{name}" for name in (service.STOPPED, service.RESUMED, service.UNDONE)}
    keys |= {f"visit_event.{event}" for event in VisitEvent} | {f"stop_source.{name}" for name in SOURCES}
    keys |= {f"undo_fault.{name}" for name in ("say_why", "confirm", "changed")}
    keys |= {"stops.undone", "stops.undone_nobody"}
    keys |= {f"patient.{name}" for name in (*FACTS, *Direction)} | {"step.day", "step.week"}
    keys |= {f"question.{name}" for name in BESIDE} | {f"answer.{name}" for name in COMMON}
    keys |= {f"to_person.{rule.reason}" for rule in next_attempt.RULES.values() if rule.reason}
    keys |= {f"absence.{why}" for why in AbsenceReason} | {f"desk.fault_{why}" for why in DESK_FAULTS}
    scripts = scripts_file.of(None, "", "", "").values()
    keys |= {f"sign.{sign.name}" for script in scripts for sign in script.signs}
    keys |= {f"work_kind.{kind}" for kind in JOB_KINDS} | {f"work_reason.{code}" for code in (*REASONS, "other")}
    keys |= {f"audit_action.{code}" for code in audit_words.ACTIONS} | {"audit.whole", "audit.broken_now"}
    keys |= {f"audit_subject.{code}" for code in audit_words.SUBJECTS} | {f"audit.{name}" for name in AUDIT_COLUMNS}
    return keys | {f"calls.{name}" for name in ("day", "outcome", "queue")} | {HIDDEN}


def test_both_languages_have_the_same_keys() -> None:
    assert keys(Language.MANDARIN) == keys(Language.ENGLISH)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_that_the_pages_use_exists(language: Language) -> None:
    assert used() | made_up() <= keys(language)


def test_no_words_are_left_over() -> None:
    unused = keys(Language.ENGLISH) - used() - made_up()
    assert {key for key in unused if key.split(".")[0] not in {"event", "reason", "check"}} == set()


def test_placeholders_are_the_same_in_both_languages() -> None:
    chinese = {key_of(message): message for message in messages(Language.MANDARIN)}
    for message in messages(Language.ENGLISH):
        assert fields(message) == fields(chinese[key_of(message)]), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated_with_as_many_plurals_as_its_language_has(language: Language) -> None:
    plurals = translations.catalogue("console.web", language).num_plurals
    for message in messages(language):
        forms = forms_of(message)
        assert all(forms), message.id
        assert len(forms) == (plurals if message.pluralizable else 1), message.id


def test_a_count_chooses_the_plural_and_is_written_with_separators() -> None:
    english = words(Language.ENGLISH)
    assert [english("calls.total", count=count) for count in (0, 1, 2, 1234)] == [
        *("0 calls", "1 call", "2 calls", "1,234 calls")
    ]
    assert words(Language.MANDARIN)("calls.total", count=1234) == "共 1,234 通电话"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_that_an_offer_ends_for_has_words(language: Language) -> None:
    known = [reason for _state, reason in [*ROUTER_ENDS.values(), *LEG_ENDS.values()]]
    for reason in [*known, *AbsenceReason]:
        assert words(language).known(f"reason.{reason}"), reason


def test_an_event_is_told_with_names() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    agent = Agent(id="a", staff_number="1", name="王芳", address="client:1")
    event = call_events.OfferStarted(offer_id="o", agent_id="a", ring=2)
    row = CallHistoryEvent(call_id="c", at=now, kind=event.kind, data=event.data)
    assert event_text.tell(words(Language.ENGLISH), row, {"a": agent}, None) == "Calling 王芳 (ring 2)"
    assert event_text.tell(words(Language.MANDARIN), row, {}, None) == "呼叫 –（第 2 声）"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", sorted(call_events.KINDS))
def test_every_kind_of_event_has_words_whose_placeholders_are_its_fields(kind: str, language: Language) -> None:
    message = next(message for message in messages(language) if key_of(message) == f"event.{kind}")
    names = {field.name for field in dataclasses.fields(call_events.KINDS[kind])} | {"agent"}
    assert fields(message) <= names


def test_no_event_is_worded_that_nothing_records() -> None:
    worded = {key.removeprefix("event.") for key in keys(Language.ENGLISH) if key.startswith("event.")}
    assert worded <= set(call_events.KINDS)


def test_the_floor_has_a_template_for_each_section() -> None:
    assert {path.stem for path in FOLDER.glob("web/templates/floor/*.html")} >= set(SECTIONS)


def messages(language: Language) -> list[Message]:
    return [message for message in translations.catalogue("console.web", language) if message.id]


def keys(language: Language) -> set[str]:
    return {key_of(message) for message in messages(language)}


def key_of(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def forms_of(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def fields(message: Message) -> set[str]:
    return {name for form in forms_of(message) for _, name, _, _ in string.Formatter().parse(form) if name}
