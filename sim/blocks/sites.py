"""Who asks for the ports to memory: what becomes of a read whose last word came, and of writes."""

NOTHING, DESCRIPTOR, LOAD, PARAMETERS, ADDENDS, VECTOR_BLOCK = range(6)
"""Of a read; nothing waits for it, as others come behind"""
RESULTS, OUTPUT, VECTOR_OUTPUT = range(3)
"""Of a block of writes"""
