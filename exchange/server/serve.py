"""`python -m exchange serve`: run one exchange until it is told to stop; print one line when it is ready."""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
from pathlib import Path

from exchange.core import logs
from exchange.core.errors import ConfigError

NO_CONFIG = 2
FOR_US_ALONE = 0o077  # what callers say and are told lies in its files


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, required=True, help="settings as YAML or JSON; see docs/exchange.md")
    parser.add_argument("--verbose", action="store_true", help="log every verb")


def serve(args: argparse.Namespace) -> int:
    """Return exit status 0 after a signal, 2 when it cannot start: one line says which setting is to be changed."""
    logs.configure(is_verbose=args.verbose)
    os.umask(FOR_US_ALONE)
    try:
        asyncio.run(_until_signal(args.config))
    except ConfigError as error:
        print(f"exchange: {error}", file=sys.stderr)
        return NO_CONFIG
    return 0


async def _until_signal(path: Path) -> None:
    # Only now, so that telephones, which share this program, start without the whole exchange.
    from exchange.core.config import load
    from exchange.server.server import running

    config = load(path)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    async with running(config) as exchange:
        warming = asyncio.create_task(exchange.warm_up())
        print(json.dumps({"event": "ready", "url": exchange.url(), "port": exchange.port}), flush=True)
        await stop.wait()
        warming.cancel()
