"""The words of reports in both languages."""

from functools import partial

from hotline.configuration import translations
from hotline.configuration.translations import Words

__all__ = ["Words", "words"]

# The messages of reports in a language.
words = partial(translations.words, "qa.reports")
