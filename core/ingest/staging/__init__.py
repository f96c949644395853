"""Staging of files that are uploaded or fetched, read and inspected, but not yet imported.

Files and addresses go in; staged tables come out. Start with `staged_files`.
"""
