"""From sound to words: voice activity, engines, hints, phrases."""
