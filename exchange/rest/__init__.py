"""Twilio's REST API: one module a resource, each with its routes."""

from exchange.rest import calls, conferences, messages, numbers, participants, phones, queues, recordings, streams

ROUTES = (
    *calls.ROUTES,
    *conferences.ROUTES,
    *messages.ROUTES,
    *numbers.ROUTES,
    *participants.ROUTES,
    *phones.ROUTES,
    *queues.ROUTES,
    *recordings.ROUTES,
    *streams.ROUTES,
)
