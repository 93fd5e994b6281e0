"""All lifecycles, found by the status or by the event. Pure."""

from enum import StrEnum
from typing import Any

from hotline.values.states import (
    agent,
    attempt,
    calibration,
    call,
    callback,
    campaign,
    case,
    coaching,
    job,
    leg,
    offer,
    queue_entry,
    recipient,
    recording,
    report,
    review,
    transfer,
)
from hotline.values.states.lifecycle import Lifecycle

LIFECYCLES: tuple[Lifecycle[Any], ...] = (
    call.LIFECYCLE,
    leg.LIFECYCLE,
    queue_entry.LIFECYCLE,
    offer.LIFECYCLE,
    transfer.LIFECYCLE,
    agent.STATUS_LIFECYCLE,
    agent.STATE_LIFECYCLE,
    callback.LIFECYCLE,
    case.LIFECYCLE,
    recording.LIFECYCLE,
    campaign.LIFECYCLE,
    recipient.LIFECYCLE,
    attempt.LIFECYCLE,
    review.LIFECYCLE,
    calibration.LIFECYCLE,
    coaching.LIFECYCLE,
    report.LIFECYCLE,
    job.LIFECYCLE,
)
BY_EVENT: dict[type[StrEnum], Lifecycle[Any]] = {one.events: one for one in LIFECYCLES}
