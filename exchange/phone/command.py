"""The commands `python -m exchange dial` and `python -m exchange play`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from exchange.phone.errors import PhoneError
from exchange.phone.parse import parse_play, parse_steps
from exchange.phone.play import PlayContext, perform
from exchange.phone.script import PlayActor

DEFAULT_CALLER = "+8613900000000"
DEFAULT_EXCHANGE = "ws://127.0.0.1:8090/phones"
FAULTY = 2


def add_dial_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of one phone that makes one call."""
    parser.add_argument(
        "--from",
        dest="caller",
        default=DEFAULT_CALLER,
        metavar="NUMBER",
        help="this phone: +86… or client:name; default: %(default)s",
    )
    parser.add_argument("--to", required=True, metavar="NUMBER", help="whom to call")
    _add_shared(parser, "the steps of the call (YAML or JSON)")
    parser.set_defaults(trace=True)


def add_play_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of many phones that call and are called."""
    _add_shared(parser, "the phones and what they do (YAML or JSON)")
    parser.add_argument(
        "--trace", action="store_true", help="print what the exchange does for each caller, as dial does"
    )


def _add_shared(parser: argparse.ArgumentParser, script_help: str) -> None:
    parser.add_argument("--script", required=True, type=Path, metavar="FILE", help=script_help)
    parser.add_argument("--exchange", default=DEFAULT_EXCHANGE, metavar="URL", help="default: %(default)s")
    parser.add_argument("--token", default="", help="the exchange's phone token, if it asks for one")
    parser.add_argument("--record", type=Path, metavar="FOLDER", help="write what each phone heard to WAV files there")


def dial(args: argparse.Namespace) -> int:
    """Return 0 when the script came to its end, 1 when the call went otherwise, 2 when it could not begin."""
    return _run(args, lambda source, name: (PlayActor(args.caller, dial=args.to, steps=parse_steps(source, name)),))


def play(args: argparse.Namespace) -> int:
    """Return 0 when every caller's script came to its end, 1 if not, 2 when it could not begin, 130
    when interrupted.
    """
    return _run(args, parse_play)


def _run(args: argparse.Namespace, parse: Callable[[str, str], Sequence[PlayActor]]) -> int:
    if not args.script.is_file():
        print(f"--script: there is no file {args.script}", file=sys.stderr)
        return FAULTY
    try:
        actors = parse(args.script.read_text(encoding="utf-8"), args.script.name)
        if args.record:
            args.record.mkdir(parents=True, exist_ok=True)
        scene = PlayContext(args.exchange, args.token, args.script.parent, sys.stdout, args.record, args.trace)
        return perform(actors, scene)
    except (PhoneError, OSError) as error:
        print(error, file=sys.stderr)
        return FAULTY
