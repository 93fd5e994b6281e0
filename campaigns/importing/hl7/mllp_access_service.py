"""Who may send messages over MLLP: holders of a certificate, or the addresses that are named. Read once."""

import ipaddress
import ssl
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from hotline.configuration.settings import Settings
from hotline.errors import ConfigError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LOCAL = "localhost"
REMEDY = (
    "set MLLP_CERTIFICATE, MLLP_KEY and MLLP_CLIENT_CA, so that senders show a certificate,"
    " or MLLP_PEERS, the addresses or networks that may send; or listen on 127.0.0.1"
)


@dataclass
class SenderAccess:
    """How senders are let in: with TLS (`None`: without), from these networks (none: from anywhere), how many."""

    tls: ssl.SSLContext | None
    peers: tuple[Network, ...]
    most: int
    most_of_a_peer: int
    inside: Counter[str] = field(default_factory=Counter)

    def enter(self, address: str) -> str:
        """Count a sender in; why they are turned away, or nothing."""
        if self.peers and not any(_plain(address) in network for network in self.peers):
            return "not_allowed"
        if self.inside.total() >= self.most or self.inside[address] >= self.most_of_a_peer:
            return "too_many"
        self.inside[address] += 1
        return ""

    def leave(self, address: str) -> None:
        """Count out a sender who was counted in."""
        self.inside[address] -= 1
        if self.inside[address] <= 0:
            del self.inside[address]


def of(settings: Settings, host: str) -> SenderAccess:
    """Return who may connect to `host`. Raises `ConfigError` where that is incomplete, or open to everybody."""
    tls, peers = _tls(settings), _peers(settings.mllp_peers)
    if not (_is_local(host) or peers or (tls is not None and settings.mllp_client_ca)):
        raise ConfigError(f"MLLP on {host or 'every address'}: anybody could send patients' data there; {REMEDY}.")
    return SenderAccess(tls, peers, settings.mllp_senders, settings.mllp_senders_of_a_peer)


def _tls(settings: Settings) -> ssl.SSLContext | None:
    files = {
        "MLLP_CERTIFICATE": settings.mllp_certificate,
        "MLLP_KEY": settings.mllp_key,
        "MLLP_CLIENT_CA": settings.mllp_client_ca,
    }
    if not any(files.values()):
        return None
    for name in ("MLLP_CERTIFICATE", "MLLP_KEY"):
        if files[name] is None:
            raise ConfigError(f"{name}: missing; TLS needs MLLP_CERTIFICATE and MLLP_KEY, PEM files.")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(_file(files, "MLLP_CERTIFICATE"), _file(files, "MLLP_KEY"))
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"MLLP_CERTIFICATE, MLLP_KEY: no certificate with its key, as PEM files: {error}") from error
    if settings.mllp_client_ca is not None:
        try:
            context.load_verify_locations(_file(files, "MLLP_CLIENT_CA"))
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"MLLP_CLIENT_CA: no certificates of an authority, as a PEM file: {error}") from error
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _file(files: dict[str, Path | None], name: str) -> Path:
    path = files[name]
    if path is None or not path.is_file():
        raise ConfigError(f"{name}: there is no file {path}")
    return path


def _peers(text: str) -> tuple[Network, ...]:
    path = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        try:
            path.append(ipaddress.ip_network(part))
        except ValueError as error:
            raise ConfigError(
                f"MLLP_PEERS: {part} is no address and no network, like 10.1.2.3 or 10.1.0.0/16"
            ) from error
    return tuple(path)


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == LOCAL


def _plain(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return an address as it is compared: one of the old kind that came in the new form is of the old kind."""
    parsed = ipaddress.ip_address(address.split("%")[0])
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return mapped or parsed
