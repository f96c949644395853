"""The Upload page: from a file, link, table or folder to a dataset.

Files and the columns chosen for them come in; an import job goes out. Start with `parts`, then `column_picker`.
"""
