"""Kinds of visits in the codes of HL7 v2 (table 0004), of FHIR (v3 ActCode) and in words. Pure."""

import unicodedata

from campaigns.importing.record import VisitClass

KNOWN = {
    VisitClass.INPATIENT: ("i", "b", "imp", "acute", "nonac", "ss", "inpatient", "obstetrics", "住院", "住院患者"),
    VisitClass.EMERGENCY: ("e", "emer", "emergency", "急诊", "急诊患者", "急诊留观", "留观"),
    VisitClass.OUTPATIENT: (
        *("o", "p", "r", "amb", "obsenc", "prenc", "hh", "vr", "fld", "outpatient", "ambulatory", "preadmit"),
        *("recurring", "observation", "门诊", "门诊患者", "体检", "日间门诊"),
    ),
}
BY_CODE = {code: found for found, codes in KNOWN.items() for code in codes}


def known(text: str) -> VisitClass | None:
    """Return the kind of visit that this code or word names; `None` for one that is not known."""
    return BY_CODE.get(unicodedata.normalize("NFKC", text).strip().lower().replace(" encounter", ""))


def read(text: str, default: VisitClass) -> VisitClass:
    """Return the kind of visit, the default where it is not told or not known."""
    return known(text) or default
