"""Desk phones and switchboards over SIP; needs the extra `sip`, which is not touched before it is asked for."""
