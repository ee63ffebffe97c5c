"""The documentation site: pages of docs/, and references taken from the code.

``make docs``, or ``python -m handbook``, builds it into build/site; a warning is an error.
"""
