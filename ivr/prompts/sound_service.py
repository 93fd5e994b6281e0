"""Which sound stands for which text: the hospital's own recording, else the rendered prompt, else none yet."""

import hashlib
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from hotline.context import AppContext
from hotline.values.language import Language
from ivr.errors import PromptMissing
from ivr.flow.nodes import Flow
from ivr.flow.nodes import prompts as prompts_of
from ivr.prompts import melody
from ivr.prompts import service as prompt_service
from telephony import webhook_urls
from telephony.verbs import Play, Say

LOOK_AGAIN = timedelta(seconds=3)
KEPT_IN_MEMORY = 1024


class Sounds:
    """What a process knows of the sounds of a flow. Recordings are read at its start, rendered prompts as they come."""

    def __init__(self, context: AppContext, flow: Flow) -> None:
        """Read the hospital's folder of recordings (`zh-CN/menu.wav`, `music.wav`); the database is not asked yet."""
        self._database, self._objects = context.database, context.objects
        self._files: dict[str, Path] = {}
        self._own: dict[tuple[Language, str], str] = {}
        self._wanted = {
            (language, text): prompt_service.digest(language, text) for _, language, text in prompts_of(flow)
        }
        self._rendered: frozenset[str] = frozenset()
        self._held: set[str] = set()
        self._looked_at: datetime | None = None
        self.music = _digest(melody.hold_music())
        self._made = {self.music: melody.hold_music()} | {_digest(piece): piece for piece in melody.pieces()}
        self._pieces = [_digest(piece) for piece in melody.pieces()]
        self._adopt(context.settings.prompts_folder, flow)
        self.audio = lru_cache(maxsize=KEPT_IN_MEMORY)(self._audio)

    def _adopt(self, folder: Path | None, flow: Flow) -> None:
        for name, language, text in prompts_of(flow):
            own = self._file(folder and folder / language.value / f"{name}.wav")
            if own is not None:
                self._own[language, text] = own
        self.music = self._file(folder and folder / "music.wav") or self.music

    def _file(self, path: Path | None) -> str | None:
        if path is None or not path.is_file():
            return None
        found = _digest(path.read_bytes())
        self._files[found] = path
        return found

    def refresh(self, now: datetime) -> None:
        """Learn what has been rendered meanwhile; asks the database only while something is missing."""
        if self._rendered.issuperset(self._wanted.values()):
            return
        if self._looked_at is None or now - self._looked_at > LOOK_AGAIN:
            self._looked_at = now
            self._rendered = prompt_service.rendered(self._database)

    def voiced(self, said: Say) -> Say | Play:
        """Return the sound for what is said, or the words themselves for the provider's voice."""
        found = self._own.get((said.language, said.text)) or self._wanted.get((said.language, said.text))
        if found in self._files or found in self._rendered:
            return Play(url_of(found))
        return said

    def hold(self) -> Play:
        """Return the music for waiting."""
        return Play(url_of(self.music))

    def piece(self, number: int) -> Play:
        """Return a few seconds of music that this process holds itself; number after number they make one melody."""
        return Play(url_of(self._pieces[number % len(self._pieces)]))

    def hold_all(self, now: datetime) -> bool:
        """Read every rendered prompt into memory, so that it can be played whatever is away; whether all are there."""
        self.refresh(now)
        for digest in self._rendered & set(self._wanted.values()):
            self.audio(digest)
            self._held.add(digest)
        return self._held.issuperset(self._wanted.values())

    def held(self, said: Say) -> Say | Play:
        """As `voiced`, of what this process holds itself."""
        found = self._own.get((said.language, said.text)) or self._wanted.get((said.language, said.text))
        return Play(url_of(found)) if found in self._files or found in self._held else said

    def _audio(self, digest: str) -> bytes:
        """Return a WAV file. Raises `PromptMissing`."""
        if digest in self._files:
            return self._files[digest].read_bytes()
        if digest in self._made:
            return self._made[digest]
        if len(digest) != 64:
            raise PromptMissing("no such prompt")
        return prompt_service.audio(self._database, self._objects, digest)


def _digest(sound: bytes) -> str:
    return hashlib.sha256(sound).hexdigest()


def url_of(digest: str) -> str:
    """Return where a sound is fetched; the address changes with the sound, so it may be kept for ever."""
    return webhook_urls.prompt(digest)
