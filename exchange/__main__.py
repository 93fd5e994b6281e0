"""`python -m exchange`: the exchange itself and its scripted phones."""

import argparse
import io
import sys
from collections.abc import Sequence

from exchange.phone import command as phone
from exchange.server import serve


def make_printable() -> None:
    """Make no output end at a sign that the terminal's encoding lacks; where none is known it is UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            is_unknown = stream.encoding.lower() in ("ascii", "ansi_x3.4-1968", "us-ascii")
            stream.reconfigure(encoding="utf-8" if is_unknown else stream.encoding, errors="backslashreplace")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m exchange", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    server = commands.add_parser("serve", help="run an exchange")
    serve.add_arguments(server)
    server.set_defaults(run=serve.serve)
    dial = commands.add_parser("dial", help="make one call from a script")
    phone.add_dial_arguments(dial)
    dial.set_defaults(run=phone.dial)
    play = commands.add_parser("play", help="many phones from one file, in one process")
    phone.add_play_arguments(play)
    play.set_defaults(run=phone.play)
    args = parser.parse_args(arguments)
    status: int = args.run(args)
    return status


if __name__ == "__main__":
    make_printable()
    sys.exit(main())
