"""Everything that faces people: the commands, the composition root and the chat platforms."""
