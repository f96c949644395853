"""How many segments, and by which algorithm.

A snapshot goes in; criteria of every k and a choice come out. Start with `k_choice`.
"""
