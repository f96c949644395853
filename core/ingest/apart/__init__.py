"""Child processes with limits, for work on files that anybody may have made.

A function's name and plain values go in; plain values come out, or a sentence. Start with `sandbox`.
"""
