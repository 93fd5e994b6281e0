"""What the audit log can tell of: every action and kind of object, for its filters and the catalogues of words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from console.web.language import Words

if TYPE_CHECKING:
    from hotline.models import AuditEntry

ACTIONS = (
    *("view_patient", "view_call", "view_caller", "view_desk", "view_floor", "list_calls", "search"),
    *("hear_recording", "hear_original", "view_outline", "view_original", "export_transcript", "correct_utterance"),
    *("hang_up_call", "hold_call", "transfer_call", "move_transfer"),
    *("list_cases", "view_case", "comment_case", "hand_over_case", "move_case"),
    *("list_campaigns", "view_campaign", "start_campaign", "pause_campaign", "undo_stop"),
    *("import_patients", "import_discharges", "plan_campaign", "export_campaign", "take_messages"),
    *("list_reviews", "view_review", "take_review", "save_review", "publish_review", "release_review", "drop_review"),
    *("comment_review", "uncomment_review", "choose_call", "acknowledge_review", "appeal_review", "rule_on_appeal"),
    *("list_calibrations", "open_calibration", "view_calibration", "close_calibration"),
    *("view_coaching", "begin_coaching", "coaching_done", "coaching_checked"),
    *("view_report", "export_report", "fetch_report", "view_samples"),
    *("place_hold", "lift_hold", "list_holds", "list_due", "purge_audio", "purge_transcript", "purge_review"),
    *("purge_report", "view_audit", "export_audit", "signed_in", "change_password", "reset_password", "create_user"),
    *("rename_user", "link_agent", "unlink_agent", "let_in_user", "shut_out_user"),
    *("role_agent", "role_supervisor", "role_administrator", "role_auditor"),
    *("rename_agent", "agent_department", "agent_address", "agent_levels", "status_available", "status_away"),
    *("status_offline", "came_back", "retry_job", "unlock_user", "end_session"),
    *("view_identity", "accept_identity", "refuse_identity", "confirm_identities"),
)
SUBJECTS = (
    *("patient", "call", "calls", "recording", "transcript", "utterance", "search", "desk", "floor"),
    *("case", "cases", "campaign", "campaigns", "recipient", "discharges", "review", "reviews", "comment"),
    *("round", "calibrations", "coaching", "report", "sample", "audit", "user", "agent", "job"),
    *("identity", "session", "import"),
)


def action(words: Words, look: AuditEntry) -> str:
    """Return what was done, in words; the code where the catalogue has none."""
    return words.known(f"audit_action.{look.action}") or look.action


def subject(words: Words, look: AuditEntry) -> str:
    """Return the kind of object, in words; the code where the catalogue has none."""
    return words.known(f"audit_subject.{look.subject}") or look.subject


def person(words: Words, look: AuditEntry, names: Mapping[str, str]) -> str:
    """Return who it was: a user by name, a command, or the hotline itself."""
    if look.user_id is not None:
        return names.get(look.user_id, look.user_id)
    return words("audit.command") if look.address.startswith("command") else words("audit.itself")
