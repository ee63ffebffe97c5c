"""Entry point of the command line."""

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
    except KeyboardInterrupt:
        code = INTERRUPTED
    if code == INTERRUPTED:
        print("interrupted", file=sys.stderr)
    sys.exit(code)
