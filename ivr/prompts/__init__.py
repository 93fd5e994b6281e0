"""What is said, as sound: voices, the catalogue of prompts, music."""
