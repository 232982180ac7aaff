"""The feedback loop's use cases: verdicts, corrections, promotion, reuse."""
