"""The conversation with a patient, as the webhooks meet it: what is spoken first, and how the line goes on."""

from datetime import datetime

from campaigns.talking import Start
from hotline.ground import Ground
from hotline.values import Language
from telephony import twiml
from telephony.verbs import Hangup, Say

GREETING = {
    Language.MANDARIN: "您好，这里是{hospital}。我们稍后会再与您联系，谢谢，再见。",
    Language.ENGLISH: "Good day, this is {hospital}. We will call you again later. Thank you, goodbye.",
}
GOODBYE = {
    Language.MANDARIN: "您好，这里是{hospital}。抱歉打扰您，再见。",
    Language.ENGLISH: "This is {hospital}. We are sorry to have disturbed you. Goodbye.",
}


def begin(ground: Ground, start: Start, now: datetime) -> str:
    """The document that a patient's line goes on with when it was picked up; asked again, the same."""
    del now
    return _said(ground, GREETING, start.language)


def goodbye(ground: Ground, language: Language | None = None) -> str:
    """The document for whoever is not to be called any more: the hospital's name and nothing else."""
    return _said(ground, GOODBYE, language or ground.settings.default_language)


def _said(ground: Ground, texts: dict[Language, str], language: Language) -> str:
    settings = ground.settings
    hospital = settings.hospital_name_zh if language is Language.MANDARIN else settings.hospital_name_en
    return twiml.render((Say(texts[language].format(hospital=hospital), language), Hangup()))
