"""`make bench`: what is promised of speed, measured side by side in one run.

Machines are noisy, so every figure is a ratio of medians, taken in alternation after a warm-up.
"""
