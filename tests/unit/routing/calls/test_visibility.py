"""Which calls staff may see."""

import pytest

from routing.calls.visibility import may_see


@pytest.mark.parametrize(
    ("of_call", "agent_id", "sees_all", "may"),
    [
        ("a", "a", False, True),
        ("a", "b", False, False),
        ("a", None, False, False),
        (None, None, False, False),
        (None, "a", False, False),
        (None, None, True, True),
        ("a", "b", True, True),
    ],
)
def test_leads_see_every_call_and_agents_their_own(
    of_call: str | None, agent_id: str | None, sees_all: bool, may: bool
) -> None:
    assert may_see(of_call, agent_id=agent_id, sees_all=sees_all) is may
