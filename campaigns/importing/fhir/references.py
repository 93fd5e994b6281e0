"""References of FHIR: by address, relative, versioned, urn:uuid, within the resource, by identifier. Pure."""

import re

from campaigns.importing.fhir.json_parts import Json, get, many, text

RELATIVE = re.compile(r"([A-Za-z]+)/([A-Za-z0-9.\-]{1,64})\Z")
VERSION = re.compile(r"/_history(/.*)?\Z")
URN = re.compile(r"urn:(?:uuid|oid):", re.I)


def keys_of(resource: Json, address: str) -> list[str]:
    """Return every key under which a resource is found, the one that stands for it first."""
    kind, number = text(resource, "resourceType"), text(resource, "id")
    keys = [f"{kind}/{number}"] if number else []
    keys += [_plain(address)] if address else []
    written = [(text(one, "system"), text(one, "value")) for one in many(resource, "identifier")]
    keys += [f"{kind}|{system}|{value}" for system, value in written if value]
    return keys + [f"{kind}||{value}" for _, value in written if value]


def wanted(reference: Json | None, kind: str) -> tuple[str, ...]:
    """Return the keys under which to look for what this reference means, the surest first."""
    written = text(reference, "reference")
    keys = [_plain(written)] if written else []
    if URN.match(written):
        keys.append(f"{kind}/{URN.sub('', written)}")
    elif relative := RELATIVE.search(_plain(written)):
        keys.append(f"{relative[1]}/{relative[2]}")
    system, value = text(reference, "identifier", "system"), text(reference, "identifier", "value")
    if value:
        keys.append(f"{kind}|{system}|{value}")
        if not system:
            keys.append(f"{kind}||{value}")
    return tuple(dict.fromkeys(keys))


def contained(holder: Json, reference: Json | None) -> Json | None:
    """Return the resource within `holder` that this reference means (`#p1`); `None` where it means another."""
    written = text(reference, "reference")
    if not written.startswith("#"):
        return None
    return next((one for one in many(holder, "contained") if text(one, "id").lstrip("#") == written[1:]), None)


def reference(value: Json | None, name: str) -> Json | None:
    """Return the reference under this name: an object, or in R5 within one (`condition.reference`)."""
    found = get(value, name)
    inner = get(found, "reference")
    chosen = inner if isinstance(inner, dict) else found
    return chosen if isinstance(chosen, dict) else None


def _plain(address: str) -> str:
    """Return it without the version; a URN in small letters."""
    plain = VERSION.sub("", address.strip())
    return plain.lower() if URN.match(plain) else plain
