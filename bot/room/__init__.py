"""The browser as a chat platform: a room with several people, reactions and live status."""
