"""Make the small database of a release: `python -m tests.release.data`, run once when the release is cut.

It holds a morning's calls, recordings and reviews, a campaign, and at least one row of every other table, all as the
release's own code writes and seals them. Tests upgrade it to the tables of today.
"""

import base64
import json
import lzma
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import time_machine
from pydantic import SecretStr
from sqlalchemy.orm import Mapper

from campaigns.importing import service as importing
from campaigns.planning import enrolment_service, plan
from campaigns.planning import service as campaigns
from hotline.configuration.settings import Settings
from hotline.context import AppContext, open_context
from hotline.database import migrate
from hotline.database.database import Database
from hotline.encryption.keyring import Keyring
from hotline.models import Row
from hotline.models.column_types import Utc
from tests.conftest import make_settings
from tests.integration import campaign_house
from tests.support import quality_data, servers

RELEASE = "0.1.0"
REVISION = "0100"
FILE = Path(__file__).with_name(f"{RELEASE}.json.xz")
# The keys with which the data are sealed; they open nothing else.
KEYS = "release:" + base64.b64encode(b"r" * 32).decode()


def release_settings(folder: Path, database_url: str, redis_url: str) -> Settings:
    """Return settings of a small installation with the release's keys."""
    return make_settings(folder, database_url, redis_url, hotline_keys=SecretStr(KEYS))


def fill(context: AppContext) -> None:
    """Write what a hospital would have after a morning, then one row into every table that is still empty."""
    now = campaign_house.NOW
    made = quality_data.house(context, now)
    quality_data.published(context, made.call, made.users["second"], now)
    importing.store(context, [campaign_house.discharge(number) for number in range(3)], "release", now)
    campaigns.make(context.database, "spring", plan.Scope(), now)
    enrolment_service.enrol(context, "spring", now)
    campaigns.start(context.database, context.notifier, "spring", now)
    mappers = {str(mapper.persist_selectable): mapper for mapper in Row.registry.mappers}
    for table in Row.metadata.sorted_tables:
        with context.database.write() as session:
            if session.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is None:
                session.add(_made_up(mappers[table.name], session))


def _made_up(mapper: Mapper[Any], session: sa.orm.Session) -> Row:
    """Return a row with a plain value in every column that must have one; foreign keys name a row that is there."""
    row: Row = mapper.class_()
    for column in mapper.local_table.columns:
        key = mapper.get_property_by_column(column).key
        if column.nullable or column.default is not None:
            continue
        for foreign in column.foreign_keys:
            setattr(row, key, session.scalar(sa.select(foreign.column).limit(1)))
            break
        else:
            setattr(row, key, _value(column.type))
    return row


def _value(kind: Any) -> object:
    for word in vars(kind).values():
        if isinstance(word, type) and issubclass(word, Enum):
            return next(iter(word))
    if isinstance(kind, Utc):
        return campaign_house.NOW
    by_type: dict[type, object] = {
        str: "made up",
        int: 1,
        float: 1.0,
        bool: True,
        bytes: b"made up",
        datetime: campaign_house.NOW,
        date: campaign_house.NOW.date(),
        dict: {},
        list: [],
    }
    try:
        return by_type[kind.python_type]
    except (NotImplementedError, KeyError):
        return "made up"


def dump(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table as the database stores it, by table in the order of foreign keys."""
    stored = sa.MetaData()
    stored.reflect(database.engine)
    with database.engine.connect() as connection:
        return {
            table.name: [
                {name: _written(value) for name, value in row.items()}
                for row in connection.execute(sa.select(table)).mappings()
            ]
            for table in stored.sorted_tables
            if table.name != "alembic_version"
        }


def load(database: Database, rows: dict[str, list[dict[str, Any]]]) -> None:
    """Write dumped rows into a database whose tables are those of the release."""
    stored = sa.MetaData()
    stored.reflect(database.engine)
    with database.engine.execution_options(writes=True).begin() as connection:
        for table in stored.sorted_tables:
            values = [{name: _read(value) for name, value in row.items()} for row in rows.get(table.name, [])]
            if values:
                connection.execute(table.insert(), values)


def read() -> dict[str, list[dict[str, Any]]]:
    """Return the kept rows of the release."""
    rows: dict[str, list[dict[str, Any]]] = json.loads(lzma.decompress(FILE.read_bytes()))
    return rows


def _written(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"moment": value.replace(tzinfo=UTC).isoformat()}
    return {"day": value.isoformat()} if isinstance(value, date) else value


def _read(value: Any) -> Any:
    if isinstance(value, dict) and len(value) == 1:
        if "bytes" in value:
            return base64.b64decode(value["bytes"])
        if "moment" in value:
            return datetime.fromisoformat(value["moment"])
        if "day" in value:
            return date.fromisoformat(value["day"])
    return value


@contextmanager
def _opened(folder: Path) -> Iterator[AppContext]:
    with servers.valkey(folder) as redis_url:
        settings = release_settings(folder, f"sqlite:///{folder / 'release.db'}", redis_url)
        settings.hotline_home.mkdir(parents=True)
        database = Database(settings.database, sealing_keys())
        migrate.upgrade(database)
        database.close()
        with open_context(settings) as context:
            yield context


def sealing_keys() -> Keyring:
    """Return the release's keyring."""
    return Keyring.parse(KEYS)


def main() -> None:
    """Make the file."""
    noon = time_machine.travel(campaign_house.NOW)
    with tempfile.TemporaryDirectory(prefix="hl") as folder, noon, _opened(Path(folder)) as context:
        fill(context)
        rows = dump(context.database)
    FILE.write_bytes(lzma.compress(json.dumps(rows, ensure_ascii=False, sort_keys=True).encode(), preset=9))
    filled = sum(bool(found) for found in rows.values())
    print(f"{FILE.name}: {FILE.stat().st_size:,} bytes, {sum(map(len, rows.values()))} rows in {filled} tables")


if __name__ == "__main__":
    main()
