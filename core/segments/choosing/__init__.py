"""Choice of the number of segments and the algorithm.

A snapshot goes in; criteria for every k and a choice come out. Start with `k_choice`.
"""
