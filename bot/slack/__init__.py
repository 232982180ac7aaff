"""Slack as a chat platform; README.md here tells how it is built."""
