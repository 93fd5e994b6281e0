"""The errors of campaigns.

HotlineError
├── ConfigError
│   └── ImportFault      a file of discharges cannot be read; the message says where and why
│       └── IncompleteExport    files of a FHIR export lack others of it, which may still come
└── CampaignRefused      what was asked of a campaign cannot be done as it stands; the message says what to do
    └── UndoRefused      what stopped calls is not undone: `reason` says what is missing
"""

from hotline.errors import ConfigError, HotlineError


class ImportFault(ConfigError):
    """A file of discharges as a whole cannot be read: its encoding, its form, its columns."""

    code = "import_fault"


class IncompleteExport(ImportFault):
    """Patients or visits of a FHIR export stand in files that are not there."""

    code = "incomplete_export"


class CampaignRefused(HotlineError):
    """The campaign cannot do this now."""

    code = "campaign_refused"


class UndoRefused(CampaignRefused):
    """Nothing was undone. `reason`: say_why (no reason given), confirm (a death), changed (it is not what they saw)."""

    code = "undo_refused"

    def __init__(self, reason: str) -> None:
        """Refuse for this reason."""
        super().__init__(f"nothing was undone: {reason.replace('_', ' ')}")
        self.reason = reason
