"""A workspace as one file, and back.

A workspace goes in, a checked zip comes out, and the reverse. Start with `backup`; `archive` checks the files.
"""
