"""The Quality page: rows kept and rows excluded.

A version's quality report comes in; figures, unusual values and example rows go out. Start with `parts`, the only
module.
"""
