"""``python -m dittosim``: the command line, where no script of it is on the PATH."""

from dittosim.main import main

if __name__ == "__main__":
    main()
