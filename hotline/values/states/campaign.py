"""The life of a campaign. Pure."""

from enum import StrEnum


class CampaignKind(StrEnum):
    """Why patients are called."""

    FOLLOW_UP = "follow_up"
    DOCTOR_AWAY = "doctor_away"


class CampaignState(StrEnum):
    """The life of a campaign."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
