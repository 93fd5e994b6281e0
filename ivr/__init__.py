"""The voice menu: flows as data, one turn of a call, and the prompts it speaks."""
