"""The number of segments of a text message: 160 letters of the GSM alphabet (03.38), or 70 of any other. Pure."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWICE = frozenset("\f^{}\\[~]|€")
GSM, GSM_JOINED = 160, 153
UNICODE, UNICODE_JOINED = 70, 67


def segments(body: str) -> int:
    """Return the number of segments, at least one; segments that are joined hold a little less each."""
    if set(body) <= _BASIC | _TWICE:
        length, alone, joined = len(body) + sum(sign in _TWICE for sign in body), GSM, GSM_JOINED
    else:
        length, alone, joined = len(body.encode("utf-16-le")) // 2, UNICODE, UNICODE_JOINED
    return 1 if length <= alone else -(-length // joined)
