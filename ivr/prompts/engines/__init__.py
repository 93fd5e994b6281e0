"""What speaks prompts: the synthesiser, loaded from its library."""
