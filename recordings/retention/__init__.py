"""How long recordings are kept, legal holds, and deletion that can be proven."""
