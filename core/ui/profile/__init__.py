"""The Profile page: every column of the data.

Start with `view`, the column chosen and the stored profile; `parts` draws it.
"""
