"""Results as one page that works offline: table, plots, best machines.

A file of results is read, its columns are packed as typed arrays, and a template holds them.
"""
