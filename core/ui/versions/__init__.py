"""The Versions page: compare, restore and delete versions of a dataset.

Two versions come in; their differences, or a changed dataset, go out. Start with `view`, the pair compared; `parts`
draws it.
"""
