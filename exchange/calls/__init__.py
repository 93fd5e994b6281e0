"""A call's life: legs, what each says and hears; queues, conferences and recordings."""
