"""The embedders: a sentence-transformers model, and a hashing one that needs no model."""
