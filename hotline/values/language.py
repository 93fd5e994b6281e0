"""The languages of callers, agents, prompts and pages. Pure."""

from enum import StrEnum


class Language(StrEnum):
    """The languages of callers, agents, prompts and pages; Mandarin comes first."""

    MANDARIN = "zh-CN"
    ENGLISH = "en-US"
