"""A campaign: patients to be called. Pure."""

from enum import StrEnum

from hotline.values.states.lifecycle import Lifecycle, Transition


class CampaignKind(StrEnum):
    """Why patients are called."""

    FOLLOW_UP = "follow_up"
    DOCTOR_AWAY = "doctor_away"


class CampaignState(StrEnum):
    """Where a campaign stands."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"

    @property
    def may_start(self) -> bool:
        """Tell whether staff can have it call from now on."""
        return self in {CampaignState.DRAFT, CampaignState.PAUSED}

    @property
    def is_calling(self) -> bool:
        """Tell whether patients are called now."""
        return self is CampaignState.RUNNING


class CampaignEvent(StrEnum):
    """What staff do with a campaign."""

    STARTED = "started"
    PAUSED = "paused"
    FINISHED = "finished"


_S, _E = CampaignState, CampaignEvent
LIFECYCLE = Lifecycle(
    CampaignState,
    CampaignEvent,
    (
        Transition(_E.STARTED, (_S.DRAFT, _S.PAUSED, _S.RUNNING), _S.RUNNING),
        Transition(_E.PAUSED, (_S.RUNNING, _S.PAUSED), _S.PAUSED),
        Transition(_E.FINISHED, tuple(_S), _S.FINISHED),
    ),
)
