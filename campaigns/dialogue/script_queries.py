"""The script and the person of a conversation with a patient."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from campaigns.dialogue import doctor_absence, scripts_file
from campaigns.dialogue.conversation import AttemptDetails
from campaigns.dialogue.dialogue_state import RightParty
from campaigns.dialogue.script import Script
from hotline.configuration.settings import Settings
from hotline.models import Discharge, Recipient
from hotline.values.states.campaign import CampaignKind


def all_of(settings: Settings) -> Mapping[str, Script]:
    """Return the scripts of this hospital by name."""
    names = (settings.hospital_name_zh, settings.hospital_name_en)
    return scripts_file.of(settings.campaign_scripts, *names, settings.hotline_number)


def any_of(settings: Settings) -> Script:
    """Return a script for the phrases that every one of them has."""
    return next(iter(all_of(settings).values()))


def of_conversation(settings: Settings, details: AttemptDetails) -> Script:
    """Return the script of a conversation; for one that was removed meanwhile the general one, or any."""
    scripts = all_of(settings)
    if details.kind is CampaignKind.DOCTOR_AWAY:
        return doctor_absence.script(any_of(settings), doctor_absence.Notice.read(details.notice))
    return scripts.get(details.script) or scripts.get("general") or any_of(settings)


def person_of(session: Session, details: AttemptDetails) -> RightParty:
    """Return whom we want to speak with, and what tells that it is they."""
    number_end, zone = check_of(session, details.recipient_id)
    return RightParty(details.name, details.birth_date, number_end, ZoneInfo(zone), details.is_inbound)


def check_of(session: Session, recipient_id: str) -> tuple[str, str]:
    """Return the last four digits of the number by which the hospital knows them (`""`: none), and their time zone."""
    recipient = session.get_one(Recipient, recipient_id)
    discharge = session.get(Discharge, recipient.discharge_id) if recipient.discharge_id else None
    digits = "".join(sign for sign in (discharge.patient_number if discharge else "") if sign in "0123456789")
    return digits[-4:] if len(digits) >= 4 else "", recipient.zone
