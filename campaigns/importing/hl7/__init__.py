"""HL7 version 2 messages, from files and over MLLP, into the canonical record."""
