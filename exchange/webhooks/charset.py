"""The text of a document in whatever encoding it names: mark, HTTP header, XML declaration, in this order. Pure."""

import codecs
import re

DEFAULT = "utf-8"
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([^"']{1,60})["']""")
# Python knows encodings that are none of a text's (zip, rot13) or take long (punycode).
_OF_TEXTS = re.compile(
    r"utf-?(8|16|32)[\w-]*|gb\w+|hz|big5\w*|iso[\w-]+|latin\w*|cp\d+|ascii|euc_\w+|shift_jis\w*|koi8\S*|mac\S+|tis\S+|johab"
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What calls itself GB2312 or GBK is often written with the letters of its successor.
_SUCCESSORS = {"gb2312": "gb18030", "gbk": "gb18030"}


def text_of(body: bytes, charset: str = "") -> str:
    """Return the text. Raises `ValueError` that names the encoding that is not known, or that it is not written in."""
    marked = next((name for mark, name in _MARKS if body.startswith(mark)), "")
    declared = _DECLARED.match(body)
    named = marked or charset or (declared[1].decode("ascii", "replace") if declared else "") or DEFAULT
    try:
        codec = codecs.lookup(named).name
    except (LookupError, ValueError) as error:
        raise ValueError(f"the encoding {named[:60]!r} is not known") from error
    if not _OF_TEXTS.fullmatch(codec):
        raise ValueError(f"the encoding {named[:60]!r} is not known")
    try:
        text = body.decode(_SUCCESSORS.get(codec, codec))
        text.encode()  # some encodings can write halves of letters, which no other can
    except ValueError as error:
        before = body[: error.start] if isinstance(error, UnicodeDecodeError) else b""
        line = before.count(b"\n") + 1
        raise ValueError(f"line {line}: it is not written in {named[:60]}, as it says: {error}") from error
    return text
