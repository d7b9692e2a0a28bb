"""What the runner tells the person in front of the terminal."""

import os
import sys

COLOURS = {"grey": "90", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}


def coloured(text: str, colour: str, *, stream: int = 1) -> str:
    """The text in a colour, or plain where `stream` (a file descriptor) is no terminal."""
    if os.environ.get("NO_COLOR") or not os.isatty(stream):
        return text
    return f"\x1b[{COLOURS[colour]}m{text}\x1b[0m"


def say(text: str) -> None:
    """A line of progress. On stderr, so that the output of a command stays its own."""
    print(f"{coloured('·', 'green', stream=2)} {text}", file=sys.stderr, flush=True)
