"""The staff pages as in production: gunicorn with gevent, each forked from one process that has loaded the code."""

import importlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import gevent
from gevent import monkey

from tests.support.servers import wait_for


class Nursery:
    """A process that has loaded the pages, and forks a gunicorn of them whenever it is asked to."""

    def __init__(self, templates: Path) -> None:
        """Start loading; compiled templates go to the folder `templates`."""
        command = [sys.executable, "-m", "tests.browser.pages", str(templates)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")

    def born(self, address: str, environment: dict[str, str], log: Path) -> int:
        """A new gunicorn at `address` (host:port) with this environment; its process id."""
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps([address, environment, str(log)]), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())

    def end(self, child: int) -> None:
        """End it, and wait until it has."""
        os.kill(child, signal.SIGQUIT)  # the quick end: nobody waits for pages that listen
        wait_for(lambda: not _lives(child), 15, "the end of gunicorn")

    def close(self) -> None:
        """End the nursery."""
        self._process.communicate(timeout=60)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _serve() -> None:
    """Read what is asked for, line by line, and fork."""
    monkey.patch_all(os=False, signal=False)  # before the code is loaded, as gunicorn's worker would
    importlib.import_module("console.web.app")
    gunicorn = importlib.import_module("gunicorn.app.wsgiapp")
    # Each server makes an app of its own; their templates are compiled once.
    options = importlib.import_module("flask").Flask.jinja_options
    options["bytecode_cache"] = importlib.import_module("jinja2").FileSystemBytecodeCache(sys.argv[1])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for line in sys.stdin:
        address, environment, log = json.loads(line)
        child = os.fork()
        if child:
            print(child, flush=True)
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.environ.update(environment)
        target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for stream in (1, 2):
            os.dup2(target, stream)
        place = ["--graceful-timeout", "1", "--bind", address, "console.serve:app()"]
        sys.argv = ["gunicorn", "--no-control-socket", "--worker-class", "gevent", *place]
        gevent.reinit()
        gunicorn.WSGIApplication().run()


if __name__ == "__main__":
    _serve()
