"""A transcript as a file: WebVTT, plain text, JSON. Pure."""

import json
from collections.abc import Sequence

from recordings.transcripts.displayed_utterance import UNSURE, DisplayedUtterance

FORMS = {"vtt": "text/vtt", "txt": "text/plain", "json": "application/json"}


def write(form: str, lines: Sequence[DisplayedUtterance], facts: dict[str, str]) -> str:
    """Return the lines in the form `vtt`, `txt` or `json`; `facts` of the call stand at the top."""
    return {"vtt": vtt, "txt": text, "json": as_json}[form](lines, facts)


def vtt(lines: Sequence[DisplayedUtterance], facts: dict[str, str]) -> str:
    """Return WebVTT with a voice per speaker, as players show it (W3C WebVTT)."""
    out = ["WEBVTT", "", *(f"NOTE {name}: {value}" for name, value in facts.items()), ""]
    for number, line in enumerate(lines, 1):
        escaped = line.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", " ")
        out += [str(number), f"{_clock(line.start)} --> {_clock(line.end)}", f"<v {line.speaker}>{escaped}", ""]
    return "\n".join(out)


def text(lines: Sequence[DisplayedUtterance], facts: dict[str, str]) -> str:
    """Return one line per utterance: time, speaker, text."""
    head = [f"{name}: {value}" for name, value in facts.items()]
    return "\n".join([*head, "", *(f"{_clock(one.start)[:8]}  {one.speaker}: {one.text}" for one in lines), ""])


def as_json(lines: Sequence[DisplayedUtterance], facts: dict[str, str]) -> str:
    """Return the facts, and every utterance with times, confidence and doubtful pieces."""
    rows = [
        {
            "speaker": one.speaker,
            "start": one.start,
            "end": one.end,
            "text": one.text,
            "confidence": one.confidence,
            "unsure": [piece.text for piece in one.pieces if piece.kind == UNSURE],
            "corrected": one.corrected_by is not None,
        }
        for one in lines
    ]
    return json.dumps({**facts, "utterances": rows}, ensure_ascii=False, indent=1)


def _clock(seconds: float) -> str:
    whole = round(seconds * 1000)
    return f"{whole // 3_600_000:02d}:{whole // 60_000 % 60:02d}:{whole // 1000 % 60:02d}.{whole % 1000:03d}"
