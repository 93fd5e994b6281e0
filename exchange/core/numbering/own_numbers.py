"""The telephone numbers of this exchange: those of the settings, and those that REST adds while it runs."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from exchange.core.config import NumberConfig
from exchange.core.errors import ConfigError


class OwnNumbers:
    """Numbers by number and by id. What REST changed is kept in a file and counts more than the settings."""

    def __init__(self, configured: Iterable[NumberConfig], since: datetime, kept: Path | None = None) -> None:
        self.since = since
        self._kept = kept
        self._numbers = {each.number: each for each in configured}
        self._changed: dict[str, NumberConfig | None] = {}
        if kept and kept.exists():
            self._load(kept)

    def _load(self, kept: Path) -> None:
        try:
            for number, raw in json.loads(kept.read_text(encoding="utf-8")).items():
                self._change(number, NumberConfig(**raw) if raw else None)
        except (ValueError, TypeError, AttributeError) as error:
            raise ConfigError(f"{kept}: cannot be read: {error}; mend it, or move it away") from error

    def find(self, number: str) -> NumberConfig | None:
        return self._numbers.get(number)

    def by_sid(self, sid: str) -> NumberConfig | None:
        return next((each for each in self._numbers.values() if sid_of(each.number) == sid), None)

    def all(self) -> list[NumberConfig]:
        return list(self._numbers.values())

    def put(self, number: NumberConfig, **values: str) -> NumberConfig:
        """Add a number, or change one."""
        changed = replace(number, **values)
        self._change(changed.number, changed)
        self._save()
        return changed

    def remove(self, number: NumberConfig) -> None:
        self._change(number.number, None)
        self._save()

    def _change(self, name: str, number: NumberConfig | None) -> None:
        self._changed[name] = number
        if number:
            self._numbers[name] = number
        else:
            self._numbers.pop(name, None)

    def _save(self) -> None:
        if self._kept:
            raw = {name: asdict(number) if number else None for name, number in self._changed.items()}
            draft = self._kept.with_suffix(".new")
            draft.write_text(json.dumps(raw, ensure_ascii=False), encoding="utf-8")
            draft.replace(self._kept)


def sid_of(number: str) -> str:
    """Return the id of a number: always the same, so that it outlives a restart."""
    return "PN" + hashlib.sha256(number.encode()).hexdigest()[:32]
