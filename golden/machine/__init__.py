"""What describes a machine: its configuration, presets, latencies, beats and bursts.

``rtl`` and ``sim`` share nothing but this, so that their agreement means something.
"""
