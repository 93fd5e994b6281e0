"""What a machine has or lacks does not matter: the encoding of its terminal, its time zones."""

import os
import subprocess
import sys

import pytest

LEGACY = [{"LC_ALL": "C", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "latin-1"}, {"PYTHONIOENCODING": "gbk"}]
SAYS = "import {0} as command; command.make_printable(); print('\\u60a8\\u597d \\u260e')"


def printed(*arguments: str, **environment: str) -> bytes:
    """What Python prints with these arguments; it must end well."""
    run = [sys.executable, *arguments]
    return subprocess.run(run, env=os.environ | environment, stdout=subprocess.PIPE, check=True).stdout


@pytest.mark.parametrize("environment", LEGACY, ids=["C", "latin-1", "gbk"])
@pytest.mark.parametrize("command", ["cli.main", "exchange.__main__"])
def test_no_command_ends_at_a_sign_that_its_terminal_does_not_have(command: str, environment: dict[str, str]) -> None:
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    assert printed("-c", SAYS.format(command), **environment).decode(encoding)


def test_a_terminal_of_which_nothing_is_known_shows_chinese() -> None:
    assert "医院服务热线" in printed("-m", "cli.main", "--help", **LEGACY[0]).decode("utf-8")


def test_time_zones_are_there_where_the_system_has_none() -> None:
    assert printed("-c", "import zoneinfo; print(zoneinfo.ZoneInfo('Asia/Shanghai').key)", PYTHONTZPATH="")
