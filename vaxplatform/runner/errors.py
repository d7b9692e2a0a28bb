"""The one exception of the runner."""


class RunnerError(Exception):
    """Something a person has to put right; the message says what and how."""
