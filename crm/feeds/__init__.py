"""Tables of a hospital's own systems, read in little memory, with every fault named by line."""
