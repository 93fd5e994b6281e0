"""Tables, bars and options that several commands share."""
