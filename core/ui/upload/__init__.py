"""The Upload page: from a file, link, table or folder to a dataset.

Files and their column mappings come in; an import job goes out. Start with `parts`, then `column_picker`.
"""
