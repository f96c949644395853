"""Sources of orders: files, archives, links and databases.

A name or an address goes in; a file on disk comes out. Start with `files`.
"""
