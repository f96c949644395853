"""Imports: from files to rows, orders and a quality report.

Files, links and database tables come in; a dataset version goes out. Start with `pipeline`, then `import_job`. The
folders follow the way of a file: `sources`, `reading`, `recognising`, `cleaning`, `report`.
"""
