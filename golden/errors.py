"""The one exception that the command line turns into a one-line message."""


class DittosimError(Exception):
    """Something the user gave or has is wrong; the text says what, where and what to do."""
