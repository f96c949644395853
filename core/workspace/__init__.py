"""Dataset versions on disk, and the catalog that lists them.

Finished files of a version come in; datasets, versions and stored results go out. Start with `store`, then `catalog`.
"""
