"""Every flow answers turn by turn as it was recorded. `REPLAY_RECORD=1` records the answers of today instead."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import time_machine

from hotline.configuration.settings import Settings
from hotline.context import AppContext
from ivr.flow.flow_file import STANDARD
from telephony.provider import connect
from tests.integration import campaign_house
from tests.integration.replay import after_discharge, callback, menu, outage, rating, waiting
from tests.integration.replay.stage import Stage
from tests.integration.replay.tape import Tape
from tests.support.factories import NOW
from tests.support.open_databases import OpenDatabases
from tests.support.webhooks import unhurried_app

RECORDED = Path(__file__).with_name("recorded")
IS_RECORDING = bool(os.environ.get("REPLAY_RECORD"))
LANGUAGES = ("zh-CN", "en-US")
FLOWS: dict[str, tuple[Callable[[Stage], None], ...]] = {
    "menu": menu.OPEN,
    "menu_closed": menu.CLOSED,
    "waiting": waiting.ALL,
    "callback": callback.ALL,
    "rating": rating.ALL,
    "outage": outage.ALL,
    "outage_with_number": outage.ALL,
}
CASES = [(flow, play) for flow, plays in FLOWS.items() for play in plays]


@contextmanager
def house(tmp_path: Path, settings: Settings, databases: OpenDatabases, flow: str) -> Iterator[AppContext]:
    """The resources of a hospital whose settings fit the flow that is played."""
    more: dict[str, object] = {}
    if flow == "menu_closed":
        file = tmp_path / "closed.yaml"
        text = STANDARD.read_text("utf-8")
        assert "  open: always" in text
        file.write_text(text.replace("  open: always", '  sunday: ["01:00-02:00"]'), "utf-8")
        more["flow_file"] = file
    if flow == "outage_with_number":
        more["outage_number"] = "+861088880000"
    with databases.context(settings.model_copy(update=more)) as opened:
        opened.notifier.redis.flushdb()
        yield opened


def written(record: dict[str, Any]) -> str:
    """The record of a flow as JSON, one turn a line, so that a difference is read at a glance."""
    scenarios = []
    for name, turns in sorted(record.items()):
        lines = ",\n".join(f"  {json.dumps(turn, ensure_ascii=False)}" for turn in turns)
        scenarios.append(f" {json.dumps(name, ensure_ascii=False)}: [\n{lines}\n ]")
    return "{\n" + ",\n".join(scenarios) + "\n}\n"


def compare(flow: str, scenario: str, turns: list[dict[str, Any]]) -> None:
    """Each turn against the record of it, the first that differs first."""
    file = RECORDED / f"{flow}.json"
    record: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    if IS_RECORDING:
        file.write_text(written(record | {scenario: turns}), "utf-8")
        return
    for number, (then, now) in enumerate(zip(record[scenario], turns, strict=False), 1):
        assert now == then, f"{flow}, {scenario}, turn {number}"
    assert len(turns) == len(record[scenario])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("flow", "play"), CASES, ids=[f"{flow}-{play.__name__}" for flow, play in CASES])
def test_flow_answers_as_it_was_recorded(
    tmp_path: Path,
    settings: Settings,
    open_databases: OpenDatabases,
    flow: str,
    play: Callable[[Stage], None],
    language: str,
) -> None:
    with house(tmp_path, settings, open_databases, flow) as context, time_machine.travel(NOW, tick=False) as travel:
        provider = connect(context.settings)
        app = unhurried_app(context, provider)
        tape = Tape(app)
        play(Stage(context, app, language, tmp_path, travel, tape))
        provider.close()
    compare(flow, f"{play.__name__} {language}", tape.turns)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("play", after_discharge.ALL, ids=[play.__name__ for play in after_discharge.ALL])
def test_call_after_discharge_goes_as_it_was_recorded(
    tmp_path: Path, context: AppContext, play: Callable[[after_discharge.Campaign], None], language: str
) -> None:
    with time_machine.travel(campaign_house.NOW, tick=False):
        exchange = campaign_house.outside()
        app = unhurried_app(context, exchange)
        tape = Tape(app)
        play(after_discharge.Campaign(context, app, exchange, language, tape, tmp_path))
    compare("after_discharge", f"{play.__name__} {language}", tape.turns)
