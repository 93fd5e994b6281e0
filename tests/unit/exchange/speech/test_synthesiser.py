"""A synthesiser that ends a run before it has said a word: no caller hears that as silence."""

import pytest

from exchange.speech import synthesiser

SOUND = b"\x01\x00" * 80


def says(monkeypatch: pytest.MonkeyPatch, *runs: bytes) -> list[str]:
    """Have the engine's runs give these sounds; the texts that it is asked for."""
    left, asked = list(runs), []

    def run(text: str, _voice: str) -> bytes:
        asked.append(text)
        return left.pop(0)

    monkeypatch.setattr(synthesiser, "_run", run)
    return asked


def test_a_run_without_sound_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = says(monkeypatch, b"", b"", SOUND)
    assert synthesiser._synthesise("您发烧吗？", "cmn-latn-pinyin") == SOUND
    assert len(asked) == 3


def test_a_text_that_stays_without_sound_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    says(monkeypatch, b"", b"", b"")
    with pytest.raises(RuntimeError, match="no sound"):
        synthesiser._synthesise("Any fever?", "en-us")


def test_a_text_with_nothing_to_say_has_no_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = says(monkeypatch, b"")
    assert synthesiser._synthesise("…", "en-us") == b""
    assert asked == ["…"]
