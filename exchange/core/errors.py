"""The exchange's errors, with Twilio's numbers.

ExchangeError
├── ConfigError        the configuration file cannot be used
├── DocumentError      a TwiML document cannot be read (12100 …)
├── MessageError       a telephone's message cannot be read
├── WebhookError       an address cannot be fetched (11200 …)
└── ApiError           a REST request is refused (20003, 20404, 21201 …)
"""

import os


class ExchangeError(Exception):
    """Whatever this package raises on purpose."""


class ConfigError(ExchangeError):
    """The configuration file names something that cannot be used."""


class MessageError(ExchangeError):
    """A message of a telephone that is none; the text names the field."""


class CallError(ExchangeError):
    """A fault in what a call's application sent; `code` is Twilio's."""

    def __init__(self, code: int, message: str, url: str = "") -> None:
        super().__init__(message)
        self.code = code
        # It goes into requests and logs: halves of letters, as in a header that is no text, can stand in neither.
        self.message = message.encode(errors="replace").decode()
        self.url = url.encode(errors="replace").decode()


class DocumentError(CallError):
    """TwiML that cannot be followed."""


class WebhookError(CallError):
    """An address of the application that could not be fetched."""


class ApiError(ExchangeError):
    """A REST request that is refused with an HTTP status and Twilio's code."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def reason_of(error: OSError) -> str:
    """Return why a port or a file cannot be opened, in the system's words and without our own stack."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)


def not_found(what: str) -> ApiError:
    """Return Twilio's answer for anything that does not exist."""
    return ApiError(404, 20404, f"The requested resource {what} was not found")


def required(name: str, code: int) -> ApiError:
    """Return Twilio's answer when a parameter is missing."""
    return ApiError(400, code, f"{name} is required.")
