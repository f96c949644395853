"""The Upload page: from a file, link, table or folder to a dataset.

Files and the columns chosen for them go in; an import job comes out. Start with `parts`.
"""
