"""From canonical records to visits, their state, and the discharges that are called for."""
