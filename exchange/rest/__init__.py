"""Twilio's REST API, version 2010-04-01, as its official libraries speak it."""
