"""What is true on every platform: retrieval, answering, evidence and learning."""
