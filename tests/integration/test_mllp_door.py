"""Who may send over MLLP, how much and how slowly: certificates, named addresses, limits, refused starts."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from campaigns.importing.hl7 import mllp_access_service
from campaigns.importing.hl7.mllp_frames import frame
from cli.main import group
from hotline import clock
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.errors import ConfigError
from tests.conftest import environment, make_settings
from tests.integration.test_mllp import Sender, case, count, listening
from tests.support.servers import wait_for

WAIT_SECONDS = 60
EVERYWHERE = "0.0.0.0"  # noqa: S104 (what is refused)


@dataclass
class Authority:
    """An authority that signs certificates, and where its own lies."""

    folder: Path
    name: str

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.file = self.folder / f"{self.name}.pem"
        self.file.write_bytes(_pem(self._signed(self.name, self.key, is_authority=True)))

    def issue(self, name: str) -> tuple[Path, Path]:
        """A certificate of this name and its key, as files."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate, secret = self.folder / f"{self.name}-{name}.pem", self.folder / f"{self.name}-{name}.key"
        certificate.write_bytes(_pem(self._signed(name, key, is_authority=False)))
        plain = serialization.NoEncryption()
        secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
        return certificate, secret

    def _signed(self, name: str, key: ec.EllipticCurvePrivateKey, *, is_authority: bool) -> x509.Certificate:
        subject, issuer = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in (name, self.name))
        now = clock.now()
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        made = made.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        made = made.not_valid_after(now + timedelta(days=1))
        made = made.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        return made.sign(self.key, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def here(tmp_path: Path, sqlite_url: str, redis_server: str) -> Settings:
    return make_settings(tmp_path, sqlite_url, redis_server)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "hospital")


def tls(authority: Authority) -> dict[str, Path]:
    """Settings with which senders show a certificate."""
    certificate, key = authority.issue("localhost")
    return {"mllp_certificate": certificate, "mllp_key": key, "mllp_client_ca": authority.file}


class SealedSender(Sender):
    """A sender over TLS, with the certificate that it has."""

    def __init__(self, port: int, trusted: Path, own: tuple[Path, Path] | None) -> None:
        """Send to this port of this machine; a listener is known by an authority that is trusted."""
        super().__init__(port)
        context = ssl.create_default_context(cafile=str(trusted))
        if own is not None:
            context.load_cert_chain(*own)
        plain = self._socket
        try:
            self._socket = context.wrap_socket(plain, server_hostname="localhost")
        finally:
            plain.close()  # taken over, or of no use


# Who may send


def test_a_sender_with_a_certificate_of_the_authority_is_taken_and_nobody_else(
    context: AppContext, authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "stranger").issue("his")
    his = authority.issue("his")
    with listening(context, **tls(authority)) as port, SealedSender(port, authority.file, his) as known:
        assert b"MSA|AA|1" in known.ask(case("00-good"))
        for own in (None, stranger):
            with pytest.raises((ConnectionError, ssl.SSLError)), SealedSender(port, authority.file, own) as other:
                other.ask(case("00-good", "M2"))
        with Sender(port) as plain, pytest.raises((ConnectionError, TimeoutError)):
            plain.ask(case("00-good", "M3"))
        assert b"MSA|AA|1" in known.ask(case("00-good"))
    assert count(context) == 1


@pytest.mark.parametrize(
    ("peers", "is_let_in"), [("127.0.0.1", True), ("10.1.2.3, 127.0.0.0/8", True), ("10.0.0.0/8", False)]
)
def test_named_addresses_are_taken_and_no_others(context: AppContext, peers: str, is_let_in: bool) -> None:
    with listening(context, mllp_peers=peers) as port, Sender(port) as sender:
        if is_let_in:
            assert b"MSA|AA|1" in sender.ask(case("00-good"))
        else:
            with pytest.raises(ConnectionError):
                sender.ask(case("00-good"))
    assert count(context) == int(is_let_in)


@pytest.mark.parametrize("host", [EVERYWHERE, "", "::", "192.0.2.7", "hl7.hospital.example"])
def test_beyond_this_machine_nothing_is_opened_to_everybody(here: Settings, authority: Authority, host: str) -> None:
    for half in ({}, {name: path for name, path in tls(authority).items() if name != "mllp_client_ca"}):
        with pytest.raises(ConfigError, match=r"MLLP_CLIENT_CA.*MLLP_PEERS"):
            mllp_access_service.of(here.model_copy(update=half), host)
    assert mllp_access_service.of(here.model_copy(update=tls(authority)), host).tls
    assert mllp_access_service.of(here.model_copy(update={"mllp_peers": "192.0.2.0/24"}), host).peers


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.4.5", "::1", "localhost"])
def test_on_this_machine_nothing_is_needed(here: Settings, host: str) -> None:
    assert mllp_access_service.of(here, host).tls is None


def test_the_command_refuses_and_names_the_remedy(here: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(here).items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(group, ["campaign", "listen", "--host", EVERYWHERE, "--port", "0"])
    assert done.exit_code != 0
    assert "MLLP_PEERS" in done.output + str(done.exception)


def test_what_is_wrong_with_a_setting_is_told_with_its_name(
    here: Settings, authority: Authority, tmp_path: Path
) -> None:
    given, text = tls(authority), tmp_path / "text.pem"
    text.write_text("no certificate", "utf-8")
    for faulty, name in (
        (given | {"mllp_key": None}, "MLLP_KEY"),
        (given | {"mllp_certificate": None}, "MLLP_CERTIFICATE"),
        (given | {"mllp_certificate": tmp_path / "gone.pem"}, "MLLP_CERTIFICATE"),
        (given | {"mllp_key": authority.issue("other")[1]}, "MLLP_KEY"),
        (given | {"mllp_client_ca": text}, "MLLP_CLIENT_CA"),
        ({"mllp_peers": "10.0.0.1/8"}, "MLLP_PEERS"),
        ({"mllp_peers": "his.example"}, "MLLP_PEERS"),
    ):
        with pytest.raises(ConfigError, match=name):
            mllp_access_service.of(here.model_copy(update=faulty), "127.0.0.1")


def test_an_address_that_comes_in_the_new_form_is_the_old_one(here: Settings) -> None:
    door = mllp_access_service.of(here.model_copy(update={"mllp_peers": "10.0.0.0/8"}), "::")
    assert door.enter("::ffff:10.1.1.1") == ""
    assert door.enter("::ffff:11.1.1.1") == "not_allowed"


# How many, and how slowly


def test_one_address_takes_no_more_than_its_part(context: AppContext) -> None:
    with listening(context, mllp_senders_of_a_peer=2) as port, admitted(port) as second:
        with admitted(port), Sender(port) as third, pytest.raises(ConnectionError):
            third.ask(case("00-good", "M3"))
        admitted(port).close()  # the first is gone: there is a place for the next one
        assert b"MSA|AA|1" in second.ask(case("00-good"))


def admitted(port: int) -> Sender:
    """A sender who is served; that somebody before them is gone is heard in its time."""
    found = wait_for(lambda: served(port), 20, "a place for a sender")
    assert isinstance(found, Sender)
    return found


def served(port: int) -> Sender | None:
    """A sender, if there is a place for one."""
    sender = Sender(port)
    try:
        assert b"MSA|AA|1" in sender.ask(case("00-good"))
    except ConnectionError:
        sender.close()
        return None
    return sender


@pytest.fixture
def impatient(context: AppContext) -> Iterator[int]:
    with listening(context, mllp_message_seconds=2, mllp_idle_seconds=2) as port:
        yield port


def test_whoever_is_silent_or_does_not_finish_is_disconnected(impatient: int) -> None:
    for begun in (b"", frame(case("00-good"))[:60]):
        with Sender(impatient) as slow:
            slow.send(begun)
            with pytest.raises(ConnectionError):
                slow.answer()


def test_slow_senders_hold_nobody_else_up(context: AppContext) -> None:
    with listening(context, mllp_senders_of_a_peer=32) as port, ExitStack() as slow:
        for _ in range(7):
            one = socket.create_connection(("127.0.0.1", port), timeout=WAIT_SECONDS)
            slow.enter_context(one)
            one.sendall(frame(case("00-good"))[:60])
        with Sender(port) as other:
            assert b"MSA|AA|1" in other.ask(case("00-good", "M2"))
