"""Speaking and understanding, each in processes of its own."""
