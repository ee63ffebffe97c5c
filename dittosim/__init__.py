"""The face and all that surrounds the model: command line, import, capture, training, reports.

One command per file in ``commands``.
"""
