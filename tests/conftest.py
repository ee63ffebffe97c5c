"""Settings of all tests, made before NumPy and Numba are imported."""

import os

# Tests run side by side on all cores: threads within one would only wait for those of others.
for variable in ("OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
