"""The registered telephones: a list of our own, Twilio has none like it."""

from exchange.rest.api import Ask, Json, Route


async def list_(ask: Ask) -> Json:
    """Each telephone with the registration that is rung (null: it is known and not registered) and its label."""
    rows: list[Json] = [
        {"address": address, "sid": sid, "label": label} for address, sid, label in ask.office.directory.listed()
    ]
    return ask.page("phones", rows)


ROUTES = (Route("GET", "/Phones.json", list_),)
