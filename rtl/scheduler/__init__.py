"""Who does what when: the queue of descriptors, their check, loader, sequencer, store.

Mirrored by sim/scheduler.
"""
