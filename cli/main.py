"""The command `hotline`: teaches the product and loads each sub-command only when it is used."""

import importlib
import io
import sys

import click

from hotline import log
from hotline.errors import HotlineError

COMMANDS = {
    "up": ("cli.commands.up", "run everything on this machine"),
    "demo": ("cli.demo.command", "a morning at a sample hospital, with real calls"),
    "floor": ("cli.commands.floor", "the live floor: who waits, who answers, today's figures"),
    "campaign": ("cli.commands.campaign", "calls to patients after they leave hospital"),
    "staffing": ("cli.commands.staffing", "how many agents each half hour needs"),
    "doctor": ("cli.commands.doctor", "what is installed, what is missing, what to do"),
    "patients": ("cli.commands.patients", "load the hospital's list of patients"),
    "config": ("cli.commands.config", "the form of the files that a hospital writes, for editors"),
    "retention": ("cli.commands.retention", "how long calls are kept: delete what is over, legal holds"),
    "ivr": ("cli.commands.ivr", "check and draw the voice menu"),
    "queues": ("cli.commands.queues", "check the queue file, show who rings when"),
    "transcribe": ("cli.commands.transcribe", "a recording as a dialogue with times"),
    "review": ("cli.commands.review", "mark a recording by a scorecard"),
    "models": ("cli.commands.models", "speech engines and languages: list, fetch, check"),
    "users": ("cli.commands.users", "who signs in: list, add, edit, disable, give a new password"),
    "agents": ("cli.commands.agents", "who answers calls: list, edit"),
    "keys": ("cli.commands.keys", "keys of data at rest: list, add, rotate, retire"),
    "audit": ("cli.commands.audit", "the audit log: check that it is whole"),
    "db": ("cli.commands.db", "the database: upgrade, load a hospital, add users"),
    "run": ("cli.commands.run", "one process by itself: router, worker or clock"),
}


class Lazy(click.Group):
    """A group whose commands are imported when they are named."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """Return the commands, in the order in which one meets them."""
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """Import the command's module and take its `command`."""
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[name][0]).command
        return command

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Start with `hotline demo`, then `hotline up`. `hotline COMMAND --help` explains each; "
    "docs/operations.md lists all settings.",
)
@click.version_option(package_name="hospital-hotline", prog_name="hotline")
def group() -> None:
    """A hospital's telephone hotline.

    Patients phone; a short menu or a key leads them to a person with the right skills within three rings; the
    conversation is recorded, encrypted, transcribed and checked. 医院服务热线：三声铃响之内有人接听。
    """


def make_printable() -> None:
    """Let no command end at a sign that the terminal's encoding does not have; where none is known it is UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            is_unknown = stream.encoding.lower() in ("ascii", "ansi_x3.4-1968", "us-ascii")
            stream.reconfigure(encoding="utf-8" if is_unknown else stream.encoding, errors="backslashreplace")


def main() -> None:
    """Run the command; a fault of the hospital's data or settings is one clear line, not a traceback."""
    make_printable()
    log.configure("hotline", "text")  # on the error stream: what a command prints is its answer alone
    try:
        group()
    except HotlineError as error:
        raise SystemExit(f"hotline: {error}") from error


if __name__ == "__main__":
    main()
