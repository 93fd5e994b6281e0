"""The data folder: closed to other users of the machine, and emptied of what is no longer needed."""

import asyncio
import contextlib
import stat
from datetime import timedelta
from pathlib import Path

import structlog

from exchange.flow.context import ExchangeContext

log = structlog.get_logger(__name__)
EVERY_SECONDS = 3600.0
CALLS_KEPT = timedelta(days=7)
OURS = ("calls.*", "owed.*", "messages.*", "numbers.*", "recordings", "speech")
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def restrict_access(folder: Path) -> None:
    """Make the folder, for its owner alone; close what lies in it and is ours where others could read it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    ours = [path for name in OURS for path in folder.glob(name)]
    inside = [each for owner in ours if owner.is_dir() for each in owner.iterdir()]
    for path in (folder, *ours, *inside):
        if path.is_symlink():
            continue
        with contextlib.suppress(PermissionError, FileNotFoundError):
            # Another's file is another's to close; one that has just gone needs it no more.
            mode = stat.S_IMODE(path.stat().st_mode)
            if mode & OTHERS:
                path.chmod(mode & ~OTHERS)


def delete_spoken_texts(folder: Path) -> None:
    """Delete rendered speech: it may hold a patient's name. A folder that is a link is its owner's to see to."""
    for path in [] if folder.is_symlink() else [*folder.glob("*.wav")]:
        path.unlink(missing_ok=True)


async def run_hourly(context: ExchangeContext, keep_recordings: timedelta) -> None:
    """Delete now and every hour recordings that nobody fetched, and records of calls that nobody
    asks about any more.
    """
    while True:
        try:
            tidy(context, keep_recordings)
        except OSError:
            # What could not be deleted is tried again in an hour; who looks at the log sees it.
            log.exception("upkeep_failed")
        await asyncio.sleep(EVERY_SECONDS)


def tidy(context: ExchangeContext, keep_recordings: timedelta) -> None:
    """Run one round."""
    now = context.ticker.now()
    gone = context.recordings.expire(now - keep_recordings)
    if gone:
        log.warning("recordings_expired", recordings=gone)
    if not context.legs.active:
        # A long file takes a moment to write: not while somebody talks.
        context.legs.forget_before(now - CALLS_KEPT)
