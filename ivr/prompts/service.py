"""Prompts: what a flow says, rendered once to sound by a worker and kept by its content."""

import hashlib
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hotline import log
from hotline.context import AppContext
from hotline.database.database import Database
from hotline.encryption.sealed_objects import Blob
from hotline.models import Prompt
from hotline.object_store import orphans
from hotline.object_store.store import ObjectStore
from hotline.outbox import jobs
from hotline.outbox.job_kinds import job
from hotline.outbox.notifier import Notifier
from hotline.values.language import Language
from ivr.errors import PromptMissing
from ivr.flow.nodes import Flow, prompts
from ivr.prompts.engines import espeak


def digest(language: Language, text: str) -> str:
    """Return the name of a text as this voice speaks it: another voice, rate or word gives another one."""
    voice = f"{espeak.VOICES[language]}:{espeak.WORDS_PER_MINUTE[language]}"
    return hashlib.sha256(f"{voice}\n{text}".encode()).hexdigest()


def prepare(database: Database, notifier: Notifier, flow: Flow, now: datetime) -> int:
    """Have everything rendered that the flow can say; how many prompts were new. Again: nothing happens."""
    wanted = {digest(language, text): (language, text) for _, language, text in prompts(flow) if text}
    try:
        with database.write() as session:
            missing = wanted.keys() - set(session.scalars(select(Prompt.digest)))
            session.add_all(Prompt(digest=key, language=wanted[key][0], text=wanted[key][1]) for key in sorted(missing))
            jobs.add_many(session, notifier, "render_prompt", sorted(missing), now)
    except IntegrityError:
        # Another process that starts at the same time was faster, and prepares the same prompts.
        log.get().info("prompts_prepared_elsewhere")
        return 0
    return len(missing)


@job("render_prompt", queue="now")
def render(context: AppContext, digest: str, now: datetime) -> None:
    """The job: speak the prompt and keep the sound. Again: nothing happens. Raises `PromptMissing`, `NoSound`."""
    with context.database.read() as session:
        prompt = session.get(Prompt, digest)
    if prompt is None:
        raise PromptMissing(f"no prompt {digest}")
    if prompt.blob is not None:
        return
    with orphans.fresh(context.database, context.objects, f"prompts/{digest}") as name:
        context.objects.put(name, espeak.synthesise(prompt.text, prompt.language), about=name)
        context.objects.get(name, about=name)
        with context.database.write() as session:
            row = session.get_one(Prompt, digest, with_for_update=True)
            if row.blob is None:
                orphans.keep(session, name)
                row.blob, row.rendered_at = name, now


def rendered(database: Database) -> frozenset[str]:
    """Return the digests of all prompts that have sound."""
    with database.read() as session:
        return frozenset(session.scalars(select(Prompt.digest).where(Prompt.blob.is_not(None))))


def sealed_blobs(session: Session) -> list[Blob]:
    """Return the sounds that the keyring sealed."""
    names = session.scalars(select(Prompt.blob).where(Prompt.blob.is_not(None)))
    return [Blob(name, name) for name in names if name]


def audio(database: Database, objects: ObjectStore, digest: str) -> bytes:
    """Return the sound of a rendered prompt, a WAV file. Raises `PromptMissing`."""
    with database.read() as session:
        blob = session.scalar(select(Prompt.blob).where(Prompt.digest == digest))
    if blob is None:
        raise PromptMissing(f"prompt {digest} is not rendered")
    return objects.get(blob, about=blob)
