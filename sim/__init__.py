"""When everything happens, and what it costs: recurrences that never tick a clock.

Wings mirror those of rtl/; exact, cycle for cycle.
"""
