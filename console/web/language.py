"""The language of the staff pages: which one a request wants, and Flask-Babel speaking it."""

from functools import partial
from zoneinfo import ZoneInfo

from babel.support import Translations
from flask import Flask, Request, request, session
from flask_babel import Babel, Domain, get_locale
from flask_login import current_user

from hotline.configuration import translations
from hotline.configuration.translations import LOCALES, Words
from hotline.values.language import Language

__all__ = ["NAMES", "Words", "chosen", "speak", "words"]

NAMES = {Language.MANDARIN: "中文", Language.ENGLISH: "English"}
# How browsers name the languages; every kind of Chinese and of English leads to the one that is here.
_WANTED = {"zh": Language.MANDARIN, "en": Language.ENGLISH}
_LANGUAGES = {locale: language for language, locale in LOCALES.items()}

# The messages of the staff pages in a language.
words = partial(translations.words, "console.web")


class Messages(Domain):  # type: ignore[misc] # Flask-Babel is not typed
    """The staff pages' messages for Flask-Babel, which would look for compiled files."""

    def get_translations(self) -> Translations:
        """Return the translations of the request's language."""
        return words(_LANGUAGES[str(get_locale())]).translations


def speak(app: Flask, zone: ZoneInfo) -> None:
    """Have `app` answer each request in its language, with dates and times as they are written there, in `zone`."""
    babel = Babel(app, default_timezone=zone.key, locale_selector=lambda: LOCALES[chosen(request)])
    babel.domain_instance = Messages()


def chosen(request: Request) -> Language:
    """Return the request's language: the user's own, else the one chosen before signing in, else the browser's."""
    if current_user.is_authenticated:
        return Language(current_user.language)
    if session.get("language") in list(Language):
        return Language(session["language"])
    best = request.accept_languages.best
    return _WANTED.get((best or "zh").lower()[:2], Language.ENGLISH)
