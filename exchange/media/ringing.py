"""The ringing tones of countries by the names that `ringTone` uses. Pure; after ITU-T's list of national tones."""

from exchange.media.tones import CADENCES, Cadence

_ONE_FOUR = ("bg", "br", "ch", "cz", "de", "dk", "ee", "fi", "gr", "it", "lt", "mx", "nl", "no", "pl", "ve")
RINGS: dict[str, Cadence] = {
    **{country: Cadence((425,), 1.0, 4.0) for country in _ONE_FOUR},
    **{country: CADENCES[country] for country in ("cn", "us", "jp", "eu")},
    "at": Cadence((420,), 1.0, 5.0),
    "au": Cadence((413, 438), 0.4, 2.0, is_double=True),
    "be": Cadence((425,), 1.0, 3.0),
    "cl": Cadence((400,), 1.0, 3.0),
    "es": Cadence((425,), 1.5, 3.0),
    "fr": Cadence((440,), 1.5, 3.5),
    "hu": Cadence((425,), 1.25, 3.75),
    "il": Cadence((400,), 1.0, 3.0),
    "in": Cadence((375, 425), 0.4, 2.0, is_double=True),
    "my": Cadence((425,), 0.4, 2.0, is_double=True),
    "nz": Cadence((400, 450), 0.4, 2.0, is_double=True),
    "ph": Cadence((425, 480), 1.0, 4.0),
    "pt": Cadence((425,), 1.0, 5.0),
    "ru": Cadence((425,), 0.8, 3.2),
    "se": Cadence((425,), 1.0, 5.0),
    "sg": Cadence((425,), 0.4, 2.0, is_double=True),
    "th": Cadence((400,), 1.0, 4.0),
    "tw": Cadence((440, 480), 1.0, 2.0),
    "uk": Cadence((400, 450), 0.4, 2.0, is_double=True),
    "us-old": Cadence((420, 460), 2.0, 4.0),
    "za": Cadence((383, 417), 0.4, 2.0, is_double=True),
}
