"""Verilog of the modules, made once for all tests of a process."""

from functools import cache

from rtl.emission.emit import emit

emission = cache(emit)
