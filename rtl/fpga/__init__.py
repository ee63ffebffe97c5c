"""The accelerator on a board of its own: memory on chip, and a serial line to its host."""
