"""The one adapter to the telephone exchange: Twilio's REST API, at Twilio or at any address that speaks it."""

from telephony.provider.provider import Provider as Provider
from telephony.provider.provider import connect as connect
