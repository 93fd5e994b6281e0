"""Characters as toneless pinyin. The dictionary is loaded with the first text: most processes never need it."""


def syllables(text: str) -> list[str]:
    """Return the syllables of a text, phrases read as phrases; what is not Chinese stays, one piece
    for each run of it.
    """
    from pypinyin import lazy_pinyin

    return lazy_pinyin(text)
