"""One command of the command line per file.

Listed in :mod:`dittosim.app`.
"""
