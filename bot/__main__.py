"""`python -m bot`: the one way to start anything."""

from bot.cli import main

if __name__ == "__main__":
    main()
