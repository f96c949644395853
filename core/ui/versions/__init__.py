"""The Versions page: compare, restore and delete versions of a dataset.

Start with `view`, the pair compared; `parts` draws it.
"""
