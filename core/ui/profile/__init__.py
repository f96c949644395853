"""The Profile page: every column of the data.

A stored profile comes in; alerts and a chart per column go out. Start with `view`, the chosen column; `parts` draws it.
"""
