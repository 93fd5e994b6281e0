"""The most that is read of a hospital's file, so that no file can exhaust the machine."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the process that reads workbooks is started for each, and need not load the settings
    from hotline.configuration.settings import Settings

MEGABYTE = 1 << 20


@dataclass(frozen=True)
class FileLimits:
    """The most that is read of a file; the defaults are many times what a hospital discharges in a year.

    `bytes` is the file on disk, `whole_bytes` one that is read in one piece (JSON that is not one resource a line). The
    others are for workbooks: what the parts unpack to, how many times their size, their cells, and the memory and
    processor time of the process that reads them.
    """

    bytes: int = 200 * MEGABYTE
    whole_bytes: int = 16 * MEGABYTE
    unpacked_bytes: int = 400 * MEGABYTE
    unpacked_times: int = 300
    cells: int = 20_000_000
    memory_bytes: int = 256 * MEGABYTE
    seconds: int = 60


def of(house: "Settings") -> FileLimits:
    """Return the limits that a hospital has set."""
    return FileLimits(
        bytes=house.import_file_megabytes * MEGABYTE,
        whole_bytes=house.import_bundle_megabytes * MEGABYTE,
        memory_bytes=house.import_memory_megabytes * MEGABYTE,
        seconds=house.import_seconds,
    )
