"""Run every layer and tell the result of all at the end: what `make test` does.

`python -m tests.runner` runs everything; with names of groups of layers, those alone.
"""

import signal
import sys
from collections.abc import Sequence

from tests.runner.layers import GROUPS, LANES, ROOT
from tests.runner.report import summary
from tests.runner.run import Run

OUTPUT = ROOT / "var" / "tests"


def main(names: Sequence[str]) -> int:
    """Run the named groups, or everything; 0 when nothing failed."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    lanes = [[layer for name in names for layer in GROUPS[name]]] if names else LANES
    try:
        results = Run(OUTPUT, _show).everything(lanes)
    except KeyboardInterrupt:
        print("interrupted")
        return 128 + signal.SIGINT
    print(*summary(results), sep="\n")
    return int(any(result.failed for result in results))


def _show(output: bytes) -> None:
    sys.stdout.buffer.write(output)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
