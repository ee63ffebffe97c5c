"""Entry point of the command line."""

import os
import sys

from golden.errors import DittosimError

INTERRUPTED = 130


def main() -> None:
    """Runs a command: wrong input ends in one line on stderr and exit code 2."""
    try:
        # Takes a second, in which Ctrl-C must end as it does later.
        from dittosim.app import run

        code = run()
        sys.stdout.flush()
    except (DittosimError, OSError) as error:  # OSError: a full disk, for instance
        print("error:", " ".join(str(error).split()), file=sys.stderr)
        code = 2
        _flush_or_discard()
    except KeyboardInterrupt:
        code = INTERRUPTED
    if code == INTERRUPTED:
        print("interrupted", file=sys.stderr)
    sys.exit(code)


def _flush_or_discard() -> None:
    """What stdout does not take is not tried again at exit, which would change the exit code."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
