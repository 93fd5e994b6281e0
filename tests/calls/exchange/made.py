"""Documents and requests made by chance, always the same for one seed: what is right, and then damaged."""

import random
from collections.abc import Iterator

VERBS = (
    "Say", "Play", "Pause", "Gather", "Redirect", "Hangup", "Leave", "Reject", "Enqueue", "Dial", "Record",
    "Connect", "Start", "Stop", "Refer", "Sing",
)  # fmt: skip
NOUNS = (
    "Number", "Client", "Sip", "Queue", "Conference", "Stream", "Parameter", "Identity", "prosody", "break",
    "say-as", "sub", "p",
)  # fmt: skip
ATTRIBUTES = (
    "action", "method", "timeout", "numDigits", "finishOnKey", "loop", "length", "digits", "language", "voice",
    "reason", "maxLength", "playBeep", "trim", "record", "callerId", "timeLimit", "hangupOnStar", "answerOnBridge",
    "ringTone", "waitUrl", "url", "name", "value", "sendDigits", "rate", "time", "strength", "interpret-as",
    "alias", "statusCallback", "statusCallbackEvent", "maxQueueSize", "maxParticipants", "participantLabel",
    "coach", "beep", "sequential", "input", "speechTimeout", "hints", "transcribe", "track", "machineDetection",
    "machineDetectionTimeout", "username",
)  # fmt: skip
VALUES = (
    "", "1", "0", "-1", "9" * 4400, "²", "٣", "1e9", "nan", "true", "false", "auto", "call", "1w#", "w" * 300, "#",
    "/good", "http://[", "http://h:99999/", "ftp://x", "/a b/ü", "::::", "client:", "sip:a@b?x-a=%0d%0aVia:%20x",
    "sip:", "a&#10;b", "&#x2028;", "é", "号", "9" * 60_000, "%", "500%", "²%", "10s", "9999999999999ms",
    "+" + "9" * 40, "us", "record-from-answer-dual", "Enable", "zh-CN@x", "Polly.Zhiyu", "../../etc/passwd", "%00",
    "tel:+1;phone-context=x",
)  # fmt: skip
TEXTS = (
    "", "hello", "5", "/good", "+8610", "sip:a@127.0.0.1?x-b=%0a", "号码" * 10, "a" * 5000, "( 415) 555-1212", "\t\n",
    "]]&gt;",
)  # fmt: skip


def documents(count: int, seed: int) -> Iterator[bytes]:
    """TwiML by its grammar, with values that nobody expects; a third is damaged in its bytes as well."""
    chance = random.Random(seed)  # noqa: S311 - the same documents each time
    for _ in range(count):
        body = "".join(_element(chance, VERBS, 0) for _ in range(chance.choice((1, 1, 2, 5))))
        head = chance.choice(("", "", "", '<?xml version="1.0"?>', '<?xml version="1.0" encoding="gbk"?>', "\n "))
        data = bytearray(f"{head}<Response>{body}</Response>".encode("gbk" if "gbk" in head else "utf-8", "replace"))
        if chance.random() < 0.33:
            at, size = chance.randrange(len(data)), chance.choice((1, 2, 8, 100))
            data[at : at + chance.choice((0, size))] = chance.choice(
                (b"", b"<", b"\0", b"\xff", b"&", b"<!DOCTYPE a>", b"<![CDATA[")
            )
        yield bytes(data)


def _element(chance: random.Random, names: tuple[str, ...], depth: int) -> str:
    name = chance.choice(names)
    kinds = chance.sample(ATTRIBUTES, chance.choice((0, 1, 1, 2, 3)))
    attributes = "".join(f' {kind}="{chance.choice(VALUES)}"' for kind in kinds)
    inner = [_element(chance, NOUNS, depth + 1) for _ in range(chance.choice((0, 0, 1, 2)) if depth < 3 else 0)]
    return f"<{name}{attributes}>{chance.choice(TEXTS)}{''.join(inner)}</{name}>"


PATHS = (
    "", "/Calls", "/Calls.json", "/Calls/{sid}.json", "/Calls/{sid}", "/Recordings.json", "/Recordings/{sid}.wav",
    "/Queues.json", "/Queues/{sid}/Members/Front.json", "/Conferences.json", "/Conferences/{sid}/Participants.json",
    "/Messages.json", "/IncomingPhoneNumbers.json", "/IncomingPhoneNumbers/{sid}.json",
    "/Calls/{sid}/Recordings.json", "/Phones.json", "/x", "/Calls/{sid}/Streams.json", "/Calls/%ff%00/..%2f",
    "/Recordings/..%2f..%2fetc%2fpasswd.wav",
)  # fmt: skip
FIELDS = (
    "To", "From", "Url", "Twiml", "Method", "Timeout", "TimeLimit", "SendDigits", "Status", "FriendlyName",
    "MaxSize", "PhoneNumber", "AreaCode", "VoiceMethod", "Body", "SendAt", "ScheduleType", "ValidityPeriod",
    "PageSize", "Page", "StartTime", "StartTime>", "DateCreated<", "Muted", "Hold", "AnnounceUrl",
    "MachineDetection", "MachineDetectionTimeout", "Record", "Parameter1.Name", "StatusCallback",
    "StatusCallbackEvent", "FallbackUrl", "CallSidToCoach", "RecordingChannels", "Label", "WaitUrl",
)  # fmt: skip
WORDS = (
    *VALUES, "client:nobody", "2026-01-01", "9999-12-31", "0001-01-01T00:00:00+23:59", "completed", "fixed",
    "\ud800", "http://127.0.0.1:9/", "<Response><Hangup/></Response>", "x" * 2000,
)  # fmt: skip


def sizes(chance: random.Random) -> int:
    """How many fields a request has: seldom very many."""
    return chance.choice((0, 1, 2, 3, 5, 5, 8, 600))
