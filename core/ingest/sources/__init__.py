"""Where orders come from: files, archives, links, databases.

A name or an address goes in; a file on disk comes out. Start with `files`.
"""
