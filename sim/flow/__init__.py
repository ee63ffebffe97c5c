"""Which mode a layer runs in: what the Defo Unit keeps.

Mirrors rtl/flow.
"""
