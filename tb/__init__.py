"""The emitted Verilog in a real simulator, held against golden (values) and sim (cycles).

``runner`` lists the benches; ``driver`` is host software on any transport.
"""
