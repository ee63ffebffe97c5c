"""Peak memory of a process."""

from pathlib import Path


def peak_mebibytes() -> float:
    """Largest resident memory of this process so far, MiB."""
    # Not getrusage: its peak includes that of the process this one was started from.
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024
