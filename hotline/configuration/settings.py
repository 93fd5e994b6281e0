"""The one settings object: read from the environment and checked once, when a process starts.

Each field is an environment variable of the same name in capitals (`database_url` is `DATABASE_URL`). Secrets have no
default: `hotline up` makes its own and keeps them in `HOTLINE_HOME`; elsewhere a missing one stops the start.
"""

import os
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from hotline.errors import ConfigError
from hotline.values.language import Language


class Settings(BaseSettings):
    """Everything that differs between two installations."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    # Where things are kept.
    hotline_home: Annotated[Path, Field(description="folder for everything embedded: database, audio, keys")] = Path(
        "var/hotline"
    )
    database_url: Annotated[str, Field(description="SQLAlchemy URL; empty means SQLite in HOTLINE_HOME")] = ""
    redis_url: Annotated[str, Field(description="Redis-protocol server; `hotline up` starts its own when empty")] = ""
    blob_url: Annotated[str, Field(description="where audio is kept, file:// or s3://; empty means HOTLINE_HOME")] = ""

    # Secrets.
    hotline_keys: Annotated[
        SecretStr, Field(description="keys for data at rest, `id:base64` of 32 bytes, newest first, by commas")
    ]
    secret_key: Annotated[SecretStr, Field(description="signs sessions of the staff pages")]
    twilio_auth_token: Annotated[SecretStr, Field(description="the provider's token; checks webhook signatures")]

    # The telephone exchange.
    twilio_account_sid: Annotated[str, Field(description="the provider's account id")]
    twilio_api_base: Annotated[str, Field(description="the provider's API address; empty means Twilio itself")] = ""
    twilio_api_key: Annotated[str, Field(description="an API key's id (SK…): telephones in browsers at Twilio")] = ""
    twilio_api_secret: Annotated[SecretStr | None, Field(description="the secret of that key")] = None
    phone_url: Annotated[
        str, Field(description="where browsers reach the local exchange's telephones; empty means TWILIO_API_BASE")
    ] = ""
    voice_url: Annotated[str, Field(description="address at which the exchange reaches the voice process")]
    console_url: Annotated[str, Field(description="address of the staff pages")] = "http://127.0.0.1:8000"
    trusted_proxies: Annotated[
        int, Field(ge=0, le=5, description="reverse proxies in front of the staff pages whose headers are trusted")
    ] = 0
    session_hours: Annotated[
        int, Field(ge=1, le=168, description="a session of the staff pages ends after so many hours, used or not")
    ] = 12
    hotline_number: Annotated[str, Field(description="the number patients dial, E.164")]
    ring_seconds: Annotated[float, Field(gt=0.2, le=10, description="one ring: a cycle of the cadence (China 5 s)")] = (
        5.0
    )

    outage_number: Annotated[
        str,
        Field(
            pattern=r"^(\+[1-9]\d{2,14})?$",
            description="whom callers reach whom the service cannot help within a minute: a porter, the emergency ward",
        ),
    ] = ""

    # The hospital.
    hospital_name_zh: Annotated[str, Field(description="the hospital's name in Mandarin prompts and pages")] = (
        "示范医院"
    )
    hospital_name_en: Annotated[str, Field(description="its name in English prompts and pages")] = "Model Hospital"
    timezone: Annotated[str, Field(description="local time, for opening hours and pages")] = "Asia/Shanghai"
    phone_area_code: Annotated[
        str,
        Field(
            pattern=r"^(0(10|2\d|[3-9]\d\d))?$",
            description="area code of local telephone numbers that are written or keyed in without one, like 010",
        ),
    ] = ""
    flow_file: Annotated[Path | None, Field(description="the voice menu; empty means the standard flow")] = None
    ask_for_rating: Annotated[bool, Field(description="callers are asked to rate a conversation from 1 to 5")] = True
    queues_file: Annotated[
        Path | None, Field(description="queues, ladders, green channel; empty means the standard")
    ] = None
    prompts_folder: Annotated[Path | None, Field(description="the hospital's own recordings of prompts")] = None
    retention_file: Annotated[
        Path | None, Field(description="how long what is kept of calls; empty means the standard periods")
    ] = None
    hints_file: Annotated[
        Path | None, Field(description="words of the hospital that recognition should know; empty means the standard")
    ] = None
    scorecards_folder: Annotated[
        Path | None, Field(description="the hospital's own scorecards; empty means the standard ones")
    ] = None
    quality_file: Annotated[
        Path | None, Field(description="quotas, rules and weights of quality supervision; empty means the standard")
    ] = None
    default_language: Annotated[Language, Field(description="language before the caller has chosen")] = (
        Language.MANDARIN
    )

    # Calls to patients.
    campaign_law: Annotated[
        str, Field(description="whose limits hold for calls to patients: a name in the file of dialling limits")
    ] = "CN"
    dialling_limits_file: Annotated[
        Path | None, Field(description="limits of calls to patients by law; empty means the standard ones")
    ] = None
    campaign_plans: Annotated[Path | None, Field(description="folder with the hospital's plans of calls")] = None
    campaign_scripts: Annotated[
        Path | None, Field(description="folder with the hospital's scripts of conversations")
    ] = None
    campaign_consent: Annotated[
        bool, Field(description="everyone of whom FHIR or HL7 feeds tell has agreed to be called")
    ] = False
    campaign_inbox: Annotated[Path | None, Field(description="folder that is watched for files of discharges")] = None
    import_skips_rejected: Annotated[
        bool, Field(description="of a file the good rows are stored and the others listed; else one keeps the file out")
    ] = False
    import_file_megabytes: Annotated[
        int, Field(ge=1, le=10_000, description="the largest file of discharges or patients that is read")
    ] = 200
    import_bundle_megabytes: Annotated[
        int, Field(ge=1, le=1000, description="the largest FHIR file that is one piece, no resource a line")
    ] = 16
    import_memory_megabytes: Annotated[
        int, Field(ge=64, le=10_000, description="memory that reading a workbook may take, in a process of its own")
    ] = 192
    import_seconds: Annotated[
        int, Field(ge=1, le=3600, description="processor time that reading a workbook may take")
    ] = 60

    mllp_certificate: Annotated[
        Path | None, Field(description="TLS for HL7 over MLLP: the listener's certificate (PEM)")
    ] = None
    mllp_key: Annotated[Path | None, Field(description="the key of that certificate (PEM)")] = None
    mllp_client_ca: Annotated[
        Path | None, Field(description="senders must show a certificate of this authority (PEM)")
    ] = None
    mllp_peers: Annotated[
        str, Field(description="addresses and networks that may send, by commas; empty: whoever reaches the listener")
    ] = ""
    mllp_senders: Annotated[int, Field(ge=1, le=1000, description="senders that may be connected at once")] = 32
    mllp_senders_of_a_peer: Annotated[int, Field(ge=1, le=1000, description="of these, from one address")] = 8
    mllp_message_megabytes: Annotated[int, Field(ge=1, le=64, description="the largest packet of HL7 over MLLP")] = 4
    mllp_message_seconds: Annotated[int, Field(ge=1, le=600, description="a message may take so long to come")] = 60
    mllp_idle_seconds: Annotated[
        int, Field(ge=1, le=86_400, description="a sender may be silent for so long between messages")
    ] = 300

    # Speech.
    speech_engine: Annotated[str, Field(description="auto, vosk or whisper")] = "auto"
    vosk_model_path: Annotated[Path | None, Field(description="folder with Vosk models, one per language")] = None
    recording_megabytes: Annotated[
        int, Field(ge=1, le=4000, description="the largest recording that is fetched from the provider")
    ] = 500
    speech_threads: Annotated[int, Field(ge=1, le=32, description="threads that one transcription may use")] = 2

    # Processes.
    log_format: Annotated[str, Field(description="json or text")] = "json"
    worker_lease_seconds: Annotated[int, Field(ge=2, le=600, description="a worker silent this long is dead")] = 10

    @property
    def database(self) -> str:
        """The database's URL, the embedded one where none is set."""
        return self.database_url or f"sqlite:///{(self.hotline_home / 'hotline.db').resolve()}"

    @property
    def objects(self) -> str:
        """The URL of the audio store, the embedded folder where none is set."""
        return self.blob_url or f"file://{(self.hotline_home / 'audio').resolve()}"

    def day(self, moment: datetime) -> date:
        """Return the day that it is in the hospital at this moment."""
        return moment.astimezone(ZoneInfo(self.timezone)).date()


# Settings whose name has changed, by their old name: read until the next version, with a line that names the new one.
RENAMED = {"CAMPAIGN_CAPS_FILE": "DIALLING_LIMITS_FILE", "PROXIES": "TRUSTED_PROXIES"}


def load() -> Settings:
    """Read the environment. Raises `ConfigError` that names every variable that is missing or wrong."""
    try:
        return Settings(**_renamed())
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        raise ConfigError(f"settings: {faults}. Set them in the environment; docs/operations.md lists them.") from None


def _renamed() -> dict[str, Any]:
    """Return what stands under old names only, by the new ones; say so on the error stream."""
    values = {}
    for old, new in RENAMED.items():
        if os.environ.get(old) and not os.environ.get(new):
            values[new.lower()] = os.environ[old]
            sys.stderr.write(f"hotline: {old} is called {new} now; the old name is read in this version only\n")
    return values
