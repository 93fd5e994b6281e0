"""One full menu turn (signature, flow, database) against a bare Flask view that renders the same TwiML.

Both run on the same server, take turns second by second in one run, and get the same requests from the same keep-alive
connections. Prints JSON: throughput, p99, their ratio, and p99 at a steady rate. `python -m bench.webhook --help`.
"""

import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
from flask import Flask, Response
from pydantic import SecretStr

from bench.load.webhook_load import CONNECTIONS, NODES, TOKEN, CallerLine, as_fast_as_it_goes, at_a_rate, percentile
from hotline.clock import new_id, now
from hotline.configuration.settings import Settings
from hotline.context import open_context
from hotline.database.database import Database
from hotline.encryption.keyring import Keyring, new_key
from hotline.models import Call, Row
from hotline.values.language import Language
from ivr.dialogue import menu, queries
from ivr.dialogue.context import open_voice_context
from ivr.dialogue.flow_state import FlowState
from ivr.prompts import service as prompt_service
from tests.support import servers

ROOT = Path(__file__).resolve().parent.parent
SILENCE = "prompts/none"


def bare() -> Flask:
    """Return what is compared with: no signature, no flow, no database, the same documents."""
    from hotline.configuration.settings import load

    voice = open_voice_context(open_context(load()))
    voice.sounds.refresh(now())
    states = [FlowState(name, Language.ENGLISH, consent=True) for name in NODES]
    app = Flask("bare")

    @app.post("/voice/calls/<call_id>/turns/<int:number>")
    def turn(call_id: str, number: int) -> Response:
        verbs = menu.repeat(voice.flow, states[(number - 1) % len(states)])
        return Response(voice.document(verbs, call_id, number + 1), content_type="text/xml; charset=utf-8")

    return app


def settings_for(folder: Path, database: str, redis: str) -> Settings:
    """Return the settings of the measured installation."""
    return Settings(
        hotline_home=folder / "home",
        database_url=database,
        redis_url=redis,
        hotline_keys=SecretStr(f"k1:{new_key()}"),
        secret_key=SecretStr("bench"),
        twilio_account_sid="AC" + "0" * 32,
        twilio_auth_token=SecretStr(TOKEN),
        voice_url="http://voice.test",
        hotline_number="+861066880000",
    )


def prepare(settings: Settings, count: int) -> list[tuple[str, str]]:
    """Tables, rendered prompts, and calls that stand at the menu; their ids."""
    database = Database(settings.database, Keyring.parse(settings.hotline_keys.get_secret_value()))
    Row.metadata.create_all(database.engine)
    database.close()
    context = open_context(settings)
    voice = open_voice_context(context)
    context.objects.put(SILENCE, b"", about=SILENCE)
    prompt_service.prepare(context.database, context.notifier, voice.flow, now())
    found = [(new_id(), f"CA{number:032x}") for number in range(count)]
    with context.database.write() as session:
        from sqlalchemy import update

        from hotline.models import Prompt

        session.execute(update(Prompt).values(blob="prompts/none", rendered_at=now()))
        state = FlowState("menu", Language.ENGLISH, trail=("language",), consent=True)
        for call_id, sid in found:
            session.add(
                Call(
                    id=call_id, provider_sid=sid, language=Language.ENGLISH, turn=1,
                    dialogue_state=queries.write_state(state), consent_at=now(), started_at=now(), last_report_at=now(),
                )
            )  # fmt: skip
    context.close()
    return found


@contextlib.contextmanager
def served(app: str, settings: Settings) -> Iterator[int]:
    """The app under gunicorn as the Procfile runs the voice process; its port."""
    port = servers.free_port()
    environment = os.environ | {
        "HOTLINE_HOME": str(settings.hotline_home), "DATABASE_URL": settings.database, "REDIS_URL": settings.redis_url,
        "HOTLINE_KEYS": settings.hotline_keys.get_secret_value(), "SECRET_KEY": "bench", "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_ACCOUNT_SID": settings.twilio_account_sid, "VOICE_URL": settings.voice_url,
        "HOTLINE_NUMBER": settings.hotline_number,
    }  # fmt: skip
    options = ["--no-control-socket", "--keep-alive", "75"]
    options += ["--worker-class", "gthread", "--workers", "2", "--threads", "8"]
    command = [sys.executable, "-m", "gunicorn", *options, "--bind", f"127.0.0.1:{port}", app]
    process = subprocess.Popen(
        command, env=environment, cwd=ROOT, stderr=(settings.hotline_home / "server.log").open("ab")
    )
    try:
        servers.wait_for(lambda: _answers(port), 30, app)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as line:
            line.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            return bool(line.recv(100))
    except OSError:
        return False


def measure(settings: Settings, rounds: int, slice_seconds: float, rate: float) -> dict[str, object]:
    """Return both apps in turns; the figures."""
    calls = prepare(settings, 2 * CONNECTIONS)
    with served("voice.serve:app()", settings) as ours, served("bench.webhook:bare()", settings) as plain:
        lines = {
            "hotline": [CallerLine(ours, *ids) for ids in calls[:CONNECTIONS]],
            "bare": [CallerLine(plain, *ids) for ids in calls[CONNECTIONS:]],
        }
        for each in lines.values():
            as_fast_as_it_goes(each, 1.0)
        fast: dict[str, list[list[float]]] = {"hotline": [], "bare": []}
        for _ in range(rounds):
            for name, each in lines.items():
                fast[name].append(as_fast_as_it_goes(each, slice_seconds))
        steady: dict[str, list[float]] = {"hotline": [], "bare": []}
        for _ in range(2):
            for name, each in lines.items():
                steady[name] += at_a_rate(each, rate, 5)
    found: dict[str, object] = {}
    for name in lines:
        every = [t for part in fast[name] for t in part]
        found[name] = {
            "turns_per_second": round(len(every) / (rounds * slice_seconds), 1),
            "p50_ms": percentile(every, 50),
            "p99_ms": percentile(every, 99),
            f"p99_ms_at_{rate:.0f}_per_second": percentile(steady[name], 99),
        }
    ratios = [len(a) / len(b) for a, b in zip(fast["hotline"], fast["bare"], strict=True)]
    every_p99 = [percentile([t for part in fast[name] for t in part], 99) for name in ("hotline", "bare")]
    return found | {
        "throughput_ratio": round(statistics.median(ratios), 3),
        "throughput_ratio_range": [round(min(ratios), 3), round(max(ratios), 3)],
        "p99_ratio": round(every_p99[0] / every_p99[1], 2),
    }


@click.command()
@click.option("--rounds", default=8, show_default=True, help="How often the two take turns.")
@click.option("--slice-seconds", default=1.0, show_default=True, help="How long each turn of them lasts.")
@click.option("--rate", default=50.0, show_default=True, help="Turns per second of the steady part.")
@click.option("--database", type=click.Choice(["postgres", "sqlite", "both"]), default="both", show_default=True)
def main(rounds: int, slice_seconds: float, rate: float, database: str) -> None:
    """Measure and print JSON."""
    report: dict[str, object] = {"connections": CONNECTIONS, "server": "gunicorn gthread, 2 workers, 8 threads"}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hlb")))
        folder.chmod(0o755)
        redis = stack.enter_context(servers.valkey(folder))
        for name in ("postgres", "sqlite") if database == "both" else (database,):
            place = folder / name
            place.mkdir()
            url = f"sqlite:///{place}/bench.db"
            if name == "postgres":
                url = stack.enter_context(servers.postgres(place)) + "/postgres"
            report[name] = measure(settings_for(place, url, redis), rounds, slice_seconds, rate)
    click.echo(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
