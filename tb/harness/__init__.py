"""What every bench uses: builds, simulators, the clock, stimulus with stalls, comparison.

A bench is a task in, findings out.
"""
