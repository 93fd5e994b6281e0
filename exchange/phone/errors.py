"""The errors of a scripted phone.

PhoneError
├── ScriptError      a script cannot be read: file, line and field are named
├── PhoneRefused     the exchange does not take this phone
├── StepFailed       a step waited in vain or an expectation did not hold
└── CallOver         the call ended before the script did
"""


class PhoneError(Exception):
    """Anything a scripted phone reports instead of going on."""


class ScriptError(PhoneError):
    """`file:line: field: what is wrong and what would be right`."""

    def __init__(self, file: str, line: int, field: str, problem: str) -> None:
        super().__init__(f"{file}:{line}: {field}: {problem}" if field else f"{file}:{line}: {problem}")
        self.file, self.line, self.field, self.problem = file, line, field, problem


class PhoneRefused(PhoneError):
    """The exchange answered the registration with an error."""


class StepFailed(PhoneError):
    """A step that could not be done; the message says which and why."""


class CallOver(PhoneError):
    """The far end hung up, or never answered, while the script still had something to do."""
