"""A call's life: legs, what each says and hears, and the TwiML that it follows."""
