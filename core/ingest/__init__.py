"""Import of files as rows, orders and a quality report.

Files, links and database tables go in; a dataset version comes out. Start with `pipeline`, then `import_job`. The
folders follow a file's path: `sources`, `reading`, `recognising`, `cleaning`, `report`.
"""
