"""The address of an agent's telephone: `client:NAME` for a browser, or a number. Pure."""

import re

CLIENT = "client:"
ADDRESS = re.compile(r"client:[A-Za-z0-9_.-]{1,60}|\+[1-9][0-9]{4,14}")
