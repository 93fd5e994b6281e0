"""A telephone exchange for one machine that speaks Twilio's language: TwiML, REST and signed webhooks with real audio.

It stands apart: it imports nothing of the product and is reached over HTTP and WebSocket only.
"""
