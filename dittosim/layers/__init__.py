"""Layers by their shapes alone, as others write them, timed on the machine.

SCALE-Sim's topologies and ONNX models in, SCALE-Sim's reports out.
"""
