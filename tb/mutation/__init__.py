"""Mutation testing: small changes of the emitted Verilog, each of which a bench must notice.

``make mutate`` draws them from every module, runs the benches that look at it, has Yosys prove
those equivalent that nothing noticed, and scores each module (docs/mutation.md).
"""
