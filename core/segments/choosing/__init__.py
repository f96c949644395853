"""Choice of the number of segments and of the algorithm.

A snapshot goes in; criteria of every k and a choice come out. Start with `k_choice`.
"""
