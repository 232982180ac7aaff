"""The tests: they mirror the code, and tell the product's stories end to end."""
