"""A transfer: a conversation that is handed on. Pure."""

from enum import StrEnum
from typing import Any

from hotline.values.states.lifecycle import Lifecycle, Transition


class TransferKind(StrEnum):
    """How a conversation is handed on: the caller goes at once, or the agents talk first."""

    BLIND = "blind"
    CONSULT = "consult"


class TransferState(StrEnum):
    """Where a transfer stands."""

    ASKED = "asked"
    CONSULTING = "consulting"
    MERGED = "merged"
    COMPLETED = "completed"
    TAKEN_BACK = "taken_back"
    FAILED = "failed"


class TransferEvent(StrEnum):
    """What happens to a transfer."""

    CONSULTED = "consulted"  # the colleague has answered
    MERGED = "merged"
    COMPLETED = "completed"
    TAKEN_BACK = "taken_back"
    FAILED = "failed"


OPEN_TRANSFERS = frozenset({TransferState.ASKED, TransferState.CONSULTING, TransferState.MERGED})


def is_consult(transfer: Any) -> bool:
    """Tell whether the agents talk before the caller is handed on."""
    return transfer.kind is TransferKind.CONSULT


_S, _E = TransferState, TransferEvent
_OPEN = (_S.ASKED, _S.CONSULTING, _S.MERGED)
LIFECYCLE = Lifecycle(
    TransferState,
    TransferEvent,
    (
        Transition(_E.CONSULTED, (_S.ASKED,), _S.CONSULTING, is_consult),
        Transition(_E.MERGED, (_S.CONSULTING,), _S.MERGED, is_consult),
        Transition(_E.COMPLETED, _OPEN, _S.COMPLETED),
        Transition(_E.TAKEN_BACK, _OPEN, _S.TAKEN_BACK, is_consult),
        Transition(_E.FAILED, _OPEN, _S.FAILED),
    ),
)
