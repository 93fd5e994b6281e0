"""Reports of quality as page, XLSX and PDF."""
