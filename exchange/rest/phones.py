"""The registered telephones, and the revocation of somebody's tokens: a resource of our own, Twilio
has none like it.
"""

from exchange.core.errors import ApiError
from exchange.core.tokens import HOLDER
from exchange.rest.api import Json, RestRequest, Route


async def list_(ask: RestRequest) -> Json:
    """Return each telephone with the registration that is rung (null: it is known and not registered) and its label.

    `holders` are whose tokens the telephones registered at its address came with, where these say so.
    """
    tokens = ask.context.tokens
    rows: list[Json] = [
        {"address": address, "sid": sid, "label": label, "holders": tokens.holders(address)}
        for address, sid, label in ask.context.directory.listed()
    ]
    return ask.page("phones", rows)


async def revoke(ask: RestRequest) -> Json:
    """Let nobody in with tokens of this holder any more, and close what is registered with one."""
    holder = ask.text("Holder")
    if not HOLDER.fullmatch(holder):
        raise ApiError(400, 20001, "Holder must be 1 to 40 letters, digits, hyphens or underscores")
    return {"holder": holder, "put_down": await ask.context.tokens.revoke(holder)}


ROUTES = (Route("GET", "/Phones.json", list_), Route("POST", "/Phones/Revocations.json", revoke, 201))
