"""The watched folder: files of discharges that the hospital's systems leave there are taken, told of and put away.

A file is taken once it has not grown for a while; it goes to `done/` or `rejected/`, with a report beside it. Should
the process die in between, it is taken again, which changes nothing.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from campaigns import laying, service, sources
from campaigns.errors import ImportFault
from campaigns.sources import Options, Taken
from hotline import log
from hotline.ground import Ground
from hotline.values import CampaignState

QUIET = timedelta(seconds=5)
DONE, REJECTED = "done", "rejected"


def sweep(ground: Ground, now: datetime) -> int:
    """Take every file that lies there in full; how many were taken. New discharges are planned in running campaigns."""
    folder = ground.settings.campaign_inbox
    if folder is None or not folder.is_dir():
        return 0
    ready = [file for file in sorted(folder.iterdir()) if _is_ready(file, now)]
    is_news = [_take(ground, file, now) for file in ready]
    if any(is_news):
        plan_running(ground, now)
    return len(ready)


def plan_running(ground: Ground, now: datetime) -> None:
    """Have campaigns that run look at new discharges."""
    for name in service.names(ground, CampaignState.RUNNING):
        laying.lay_out(ground, name, now)


def _is_ready(file: Path, now: datetime) -> bool:
    if file.suffix.lower() not in sources.KINDS or file.name.startswith(".") or not file.is_file():
        return False
    return datetime.fromtimestamp(file.stat().st_mtime, UTC) < now - QUIET


def _take(ground: Ground, file: Path, now: datetime) -> bool:
    try:
        taken = sources.take(ground, file, Options(ground.settings.campaign_consent), now)
    except ImportFault as fault:
        _put_away(file, REJECTED, [str(fault)])
        log.get().warning("inbox_file_rejected", file=file.name)
        return False
    is_taken = taken.stored is not None
    _put_away(file, DONE if is_taken else REJECTED, report(taken))
    log.get().info("inbox_file_taken" if is_taken else "inbox_file_rejected", file=file.name)
    return taken.stored is not None and taken.stored.is_news


def _put_away(file: Path, where: str, lines: list[str]) -> None:
    folder = file.parent / where
    folder.mkdir(exist_ok=True)
    (folder / f"{file.name}.report.txt").write_text("\n".join(lines) + "\n", "utf-8")
    file.replace(folder / file.name)


def report(taken: Taken) -> list[str]:
    """What became of a file, in lines: each rejected row with line, field and reason, nothing of a patient."""
    checked, stored = taken.checked, taken.stored
    lines = [str(reject) for reject in checked.rejects]
    if checked.rejected:
        lines.append(f"{checked.rejected} rows cannot be taken.")
    if stored is None:
        return [*lines, "The database is unchanged."]
    before = stored.known + checked.repeated
    told = f"{stored.added} discharges added, {stored.corrected} corrected, {before} known before"
    if stored.noted:
        told += f", {stored.noted} other events"
    resumed = f", {stored.resumed} go on" if stored.resumed else ""
    return [*lines, f"{told}; {stored.stopped} planned calls stopped{resumed}."]
