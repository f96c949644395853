"""The Quality page: rows kept and rows left out.

Start with `parts`.
"""
