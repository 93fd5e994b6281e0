"""The errors of campaigns.

HotlineError
├── ConfigError
│   ├── PlanFault        a plan or the caps have faults; each names file, line and field
│   ├── ScriptFault      a script has faults; each names file, line and field
│   └── ImportFault      a file of discharges cannot be read; the message says where and why
│       └── IncompleteExport    files of a FHIR export lack others of it, which may still come
└── CampaignRefused      what was asked of a campaign cannot be done as it stands; the message says what to do
    └── UndoRefused      what stopped calls is not undone: `reason` says what is missing
"""

from collections.abc import Sequence

from hotline.errors import ConfigError, HotlineError


class PlanFault(ConfigError):
    """A plan cannot be used; `faults` lists everything that is wrong with it."""

    code = "plan_fault"

    def __init__(self, faults: Sequence[str]) -> None:
        """Each fault reads `file:line: field: what is wrong and what to do`."""
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class ScriptFault(ConfigError):
    """A script cannot be used; the message lists everything that is wrong with the folder."""

    code = "script_fault"


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
