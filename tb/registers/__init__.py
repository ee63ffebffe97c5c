"""What the registers must hold after any access.

Mirrors rtl/registers.
"""
