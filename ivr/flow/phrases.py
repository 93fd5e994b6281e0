"""What a voice menu says beside the texts of its nodes, and how it says numbers."""

from collections.abc import Mapping

from hotline.values.language import Language
from routing.estimates.wait import SPOKEN_MINUTES

# Spoken one by one; a one in a Mandarin telephone number is yao.
DIGITS: Mapping[Language, tuple[str, ...]] = {
    Language.MANDARIN: tuple("零幺二三四五六七八九"),
    Language.ENGLISH: ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
}
# What is said beside the nodes' own texts; `{n}` is a number.
PHRASES = (
    "timed_out",
    "wrong_key",
    "position",
    "position_next",
    "position_many",
    "wait_soon",
    "wait",
    "wait_long",
    "line_call_back",
    "line_message",
    "call_back_to",
    "call_back_keys",
    "call_back_number",
    "call_back_wrong",
    "call_back_local",
    "call_back_service",
    "call_back_goodbye",
    "call_back_greeting",
    "all_busy",
    "forwarded",
    "message_thanks",
    "message_empty",
    "line_lost",
    "transfer",
    "returned",
    "alone",
    "rate",
    "thanks",
    "sorry",
    "sorry_goodbye",
)
# Those with a number in them, spoken for each of several.
NUMBERED = frozenset({"position", "wait"})
# How minutes are said where the bare number would be wrong.
MINUTES: Mapping[Language, Mapping[int, str]] = {
    Language.MANDARIN: {2: "两"},
    Language.ENGLISH: {1: "one minute"} | {n: f"{n} minutes" for n in SPOKEN_MINUTES if n > 1},
}
POSITIONS = range(2, 21)  # spoken exactly; 1 is `position_next`, beyond is `position_many`
