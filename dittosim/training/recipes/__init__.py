"""How each shipped model was trained, as a module to run.

Writes the files that come with dittosim.
"""
