"""Small TwiML applications in the styles of other people, none of them written for this exchange."""
