"""Telephony: verbs as values, TwiML, the signature check, the one provider adapter. Only here is `twilio` used."""
