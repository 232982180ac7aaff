"""Simulated people who ask, vote and correct: how much the bot learns from them, and what spoils it."""
