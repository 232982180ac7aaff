"""Language models: Claude, and a quoting one that needs no key."""
