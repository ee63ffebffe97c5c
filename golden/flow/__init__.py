"""Which mode a layer runs in: Defo, what passes on as a difference, traffic and costs.

Walks graphs; cycles come from whoever asks.
"""
