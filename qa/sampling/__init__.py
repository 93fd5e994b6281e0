"""Which calls people hear: by chance and by rule."""
