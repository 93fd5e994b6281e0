"""`hotline demo --scenario both`: the README's first command, played whole."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from hotline.values.states.call import CallOutcome
from hotline.values.states.recipient import RecipientState

# Two acts in real time, and the recogniser after each on a machine that may do other things.
SECONDS = 1500
HOTLINE = [sys.executable, "-m", "cli.main"]


@pytest.mark.timeout(SECONDS + 60)
def test_both_acts_are_played_in_one_house_and_everybody_can_sign_in(tmp_path: Path) -> None:
    file = tmp_path / "demo.json"
    run = [*HOTLINE, "demo", "--scenario", "both", "--exit", "--json", str(file)]
    environment = os.environ | {"COLUMNS": "80"}
    done = subprocess.run(run, env=environment, capture_output=True, encoding="utf-8", timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert max(cell_len(line) for line in done.stdout.splitlines()) <= 80
    assert done.stdout.count("Every process of the Procfile is up.") == 1, "there is one house"
    told = json.loads(file.read_text("utf-8"))

    calls = {call["caller"][-4:]: call for call in told["morning"]["calls"]}
    assert list(calls) == [f"000{number}" for number in range(1, 9)]
    assert calls["0004"]["outcome"] == CallOutcome.ABANDONED
    assert {calls[number]["outcome"] for number in calls.keys() - {"0004"}} == {CallOutcome.ANSWERED}
    assert calls["0003"]["answered_at"] < calls["0008"]["answered_at"], "the emergency was first"
    assert calls["0006"]["verdicts"] == {"greeting": "failed", "courtesy": "failed"}
    assert all(call["recording"]["encrypted"] for call in calls.values() if call["outcome"] == CallOutcome.ANSWERED)

    second = told["follow-up"]
    assert not {call["call_id"] for call in second["calls"]} & {call["call_id"] for call in calls.values()}
    states = [one["state"] for one in second["recipients"]]
    assert len(states) == 12
    assert states.count(RecipientState.REFUSED) == 1
    assert sum(one["nurse_seconds"] is not None for one in second["recipients"]) == 2

    sign_ins = {one["login"]: one for one in told["sign_ins"]}
    assert {"admin", "supervisor", "1001", "2001", "2003"} <= sign_ins.keys()
    assert all(one["works"] for one in sign_ins.values())
