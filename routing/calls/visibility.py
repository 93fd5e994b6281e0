"""Which calls staff may see. Pure."""


def may_see(call_agent_id: str | None, *, agent_id: str | None, sees_all: bool) -> bool:
    """Tell whether a user may see a call of this agent: leads see all of them, agents (`agent_id`) their own."""
    return sees_all or (call_agent_id is not None and call_agent_id == agent_id)
