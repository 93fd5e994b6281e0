"""The exchange's one settings object, read from YAML or JSON and checked once at start."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

import yaml

from exchange.core.errors import ConfigError
from exchange.core.ids import is_sid
from exchange.core.numbering.addresses import MOST_PORT
from exchange.core.numbering.countries import COUNTRIES
from exchange.core.sip_settings import SipSettings, SipTrunk, SipUser
from exchange.media.tones import CADENCES

RETRIES = ("4xx", "5xx", "ct", "rt", "all")
VISITORS = ("local", "everyone", "nobody")
DEFAULT_VOICES = {"zh-CN": "cmn-latn-pinyin", "en-US": "en-us"}


@dataclass(frozen=True)
class NumberConfig:
    """A telephone number of this exchange and the application behind it."""

    number: str
    voice_url: str
    voice_method: str = "POST"
    fallback_url: str = ""
    fallback_method: str = "POST"
    status_callback: str = ""
    status_callback_method: str = "POST"
    friendly_name: str = ""


@dataclass(frozen=True)
class WebhookLimits:
    """How long the application may take, and how often it is asked again."""

    connect_seconds: float = 5.0
    read_seconds: float = 15.0
    total_seconds: float = 15.0
    retries: int = 1
    retry_on: str = "ct"
    keep_seconds: float = 0.0


@dataclass(frozen=True)
class Config:
    """Everything the exchange has to be told; see `docs/exchange.md` for each field."""

    account_sid: str
    auth_token: str
    host: str = "127.0.0.1"
    port: int = 8090
    public_url: str = ""
    phone_token: str = ""
    visitors: str = "local"
    data_dir: Path = Path("exchange-data")
    cadence: str = "cn"
    ring_seconds: float = 5.0
    timeout_buffer_seconds: float = 0.0
    silent_seconds: float = 10.0
    keep_recordings_days: float = 30.0
    numbers: tuple[NumberConfig, ...] = ()
    map: Mapping[str, str] = field(default_factory=dict)
    voices: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_VOICES))
    webhook: WebhookLimits = field(default_factory=WebhookLimits)
    country: str = ""
    api_keys: Mapping[str, str] = field(default_factory=dict)
    sip: SipSettings | None = None

    def number(self, called: str) -> NumberConfig | None:
        """Return the number as configured, or None when it is not one of ours."""
        return next((each for each in self.numbers if each.number == called), None)


def load(path: Path) -> Config:
    """Read the file (JSON is YAML too). Raises `ConfigError` that names file and field."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(raw, dict):
        raise ConfigError(f"{path}: must be a mapping of settings")
    return from_values(raw, str(path), path.parent)


def from_values(raw: dict[str, Any], where: str = "configuration", folder: Path | None = None) -> Config:
    """Return the settings of plain values; a relative `data_dir` counts from the file's folder."""
    values = dict(raw)
    values["numbers"] = tuple(
        _build(NumberConfig, each, f"{where}: numbers[{at}]") for at, each in _numbers(values, where)
    )
    values["webhook"] = _build(WebhookLimits, values.get("webhook") or {}, f"{where}: webhook")
    values["sip"] = _sip(values["sip"], f"{where}: sip") if values.get("sip") else None
    voices = values.get("voices") or {}
    values["voices"] = {**DEFAULT_VOICES, **voices} if isinstance(voices, dict) else voices
    values["map"] = _map(values.get("map") or {}, folder or Path(), where)
    values["data_dir"] = (folder or Path()) / Path(str(values.get("data_dir", "exchange-data")))
    config: Config = _build(Config, values, where)
    _check(config, where)
    return config


def _numbers(values: dict[str, Any], where: str) -> list[tuple[int, Any]]:
    numbers = values.get("numbers") or []
    if not isinstance(numbers, list):
        raise ConfigError(f"{where}: numbers: must be a list")
    return list(enumerate(numbers))


def _sip(raw: Any, where: str) -> SipSettings:
    values = dict(raw) if isinstance(raw, dict) else raw
    if isinstance(values, dict):
        for name, kind in (("users", SipUser), ("trunks", SipTrunk)):
            rows = values.get(name) or []
            if not isinstance(rows, list):
                raise ConfigError(f"{where}: {name}: must be a list")
            values[name] = tuple(_build(kind, row, f"{where}: {name}[{at}]") for at, row in enumerate(rows))
    settings: SipSettings = _build(SipSettings, values, where)
    for user in settings.users:
        if not user.password:
            raise ConfigError(f"{where}: users: {user.name}: password must not be empty")
    return settings


def _map(raw: Any, folder: Path, where: str) -> dict[str, str]:
    """Return the address prefixes and what they stand for: another prefix, or a file or folder relative to the
    settings' own.
    """
    if not isinstance(raw, dict):
        raise ConfigError(f"{where}: map: must be a mapping from address prefixes to files or addresses")
    mapping = {}
    for prefix, to in raw.items():
        is_address = str(to).startswith(("http://", "https://", "ws://", "wss://"))
        if not is_address and not (folder / str(to)).exists():
            raise ConfigError(f"{where}: map: {prefix}: there is no file or folder {to}")
        mapping[str(prefix)] = str(to) if is_address else str((folder / str(to)).resolve())
    return mapping


def _check(config: Config, where: str) -> None:
    if config.cadence not in CADENCES:
        raise ConfigError(f"{where}: cadence: {config.cadence!r} is none of {', '.join(sorted(CADENCES))}")
    if not config.account_sid or not config.auth_token:
        raise ConfigError(f"{where}: account_sid and auth_token must not be empty")
    if config.visitors not in VISITORS:
        raise ConfigError(f"{where}: visitors: {config.visitors!r} is none of {', '.join(VISITORS)}")
    if set(config.webhook.retry_on.split(",")) - set(RETRIES):
        raise ConfigError(f"{where}: webhook: retry_on: {config.webhook.retry_on!r}: write any of {', '.join(RETRIES)}")
    if config.country and config.country not in COUNTRIES:
        raise ConfigError(f"{where}: country: {config.country!r}: write two letters such as CN")
    _check_keys(config.api_keys, where)
    limits = config.webhook
    own = ("ring_seconds", "silent_seconds", "keep_recordings_days")
    above = {name: getattr(config, name) for name in own} | {
        f"webhook: {name}": getattr(limits, name) for name in ("connect_seconds", "read_seconds", "total_seconds")
    }
    for name, seconds in above.items():
        if seconds <= 0:
            raise ConfigError(f"{where}: {name}: must be above 0")
    ports = [("port", config.port, 0)]
    if config.sip:
        ports += [("sip: port", config.sip.port, 0)]
        ports += [(f"sip: trunks: {each.name}: port", each.port, 1) for each in config.sip.trunks]
    for name, port, least in ports:
        if not least <= port <= MOST_PORT:
            raise ConfigError(f"{where}: {name}: must be from {least} to {MOST_PORT}, not {port}")


def _check_keys(keys: Any, where: str) -> None:
    if not isinstance(keys, Mapping):
        raise ConfigError(f"{where}: api_keys: must be a mapping from SK… to its secret")
    for name, secret in keys.items():
        if not is_sid(str(name), "SK") or not isinstance(secret, str) or not secret:
            raise ConfigError(f"{where}: api_keys: {name}: write SK and 32 hexadecimal digits, and a secret as text")


def _build(kind: type[Any], values: Any, where: str) -> Any:
    if not isinstance(values, dict):
        raise ConfigError(f"{where}: must be a mapping")
    names = {each.name for each in fields(kind)}
    for name in values:
        if name not in names:
            raise ConfigError(f"{where}: {name}: unknown setting; known are {', '.join(sorted(names))}")
    for name, hint in get_type_hints(kind).items():
        if name in values and (expected := _wanted(hint, values[name])):
            raise ConfigError(f"{where}: {name}: must be {expected}, not {values[name]!r:.60}")
    try:
        return kind(**values)
    except TypeError as error:
        raise ConfigError(f"{where}: {error}") from error


def _wanted(hint: Any, value: Any) -> str:
    """Return what a setting of this type has to be, where the value is something else; else empty."""
    if hint is str:
        return "" if isinstance(value, str) else "text (in quotes)"
    if hint is bool:
        return "" if isinstance(value, bool) else "true or false"
    if hint is int:
        return "" if type(value) is int else "a whole number"
    if hint is float:
        return "" if type(value) in (int, float) and math.isfinite(value) else "a number"
    if hint == tuple[str, ...]:
        is_list = isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)
        return "" if is_list else "a list of texts (in quotes)"
    if hint == Mapping[str, str]:
        is_map = isinstance(value, dict) and all(isinstance(each, str) for pair in value.items() for each in pair)
        return "" if is_map else "a mapping from text to text"
    return ""
