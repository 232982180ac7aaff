"""Bundled plugins, loaded by the same door as anybody's."""
