"""Machines with any bus and memory, for Hypothesis."""

from hypothesis import strategies as st

from golden.machine.config import MachineConfig

bus_configs = st.builds(
    MachineConfig,
    bus_bytes=st.sampled_from([4, 16, 128]),
    burst_words=st.integers(1, 40),
    outstanding_reads=st.integers(1, 16),
    outstanding_writes=st.integers(1, 16),
    memory_latency=st.integers(1, 60),
    memory_interval=st.integers(1, 5),
    scratchpad_bytes=st.sampled_from([0, 4096, 16384]),
)

unbroken_bus_configs = st.builds(
    MachineConfig,
    burst_words=st.sampled_from([1, 2, 4, 8, 16, 32]),
    outstanding_reads=st.integers(1, 16),
    outstanding_writes=st.integers(1, 16),
    memory_latency=st.integers(1, 100),
    memory_interval=st.integers(1, 4),
)
"""Pages are whole bursts: a long transfer has no shorter ones but its last."""
