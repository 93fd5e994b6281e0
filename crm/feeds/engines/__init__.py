"""The process that reads a workbook, so that a bad one can take only so much memory and time."""
