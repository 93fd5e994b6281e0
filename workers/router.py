"""The router process: it offers queue entries to agents, and paces campaigns. Each has a lease of its own."""

import threading

from campaigns.dialling.pacing_service import Pacer
from hotline.context import AppContext
from hotline.outbox.lease import candidate
from hotline.outbox.notifier import ROUTER
from routing.agents import hospital_service
from routing.queues import queues_file
from routing.router.service import Router
from telephony.provider import Provider
from workers.leader import Leader, run_all

ROUTER_TICK_SECONDS, PACING_TICK_SECONDS = 0.25, 0.5


def run(context: AppContext, provider: Provider, stop: threading.Event) -> None:
    """Lead or stand by until `stop` is set. Raises `FileFault` when the dialling limits cannot be used."""
    with context.database.write() as session:
        hospital_service.store_rules(session, queues_file.of(context.settings))
    run_all(leaders(context, provider), stop)


def leaders(context: AppContext, provider: Provider) -> tuple[Leader, Leader]:
    """Return the candidates of this process for both leases."""
    router = Router(context, provider)
    return (
        Leader(
            candidate(context.database, "router"),
            router.work,
            tick_seconds=ROUTER_TICK_SECONDS,
            notifier=context.notifier,
            channel=ROUTER,
            close=router.close,
        ),
        Leader(candidate(context.database, "pacing"), Pacer(context).work, tick_seconds=PACING_TICK_SECONDS),
    )
