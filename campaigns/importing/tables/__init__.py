"""Tables, CSV and XLSX, into the canonical record."""
