"""Files on their way in: uploaded or fetched, read once, looked at, not yet imported.

Files and addresses go in; staged tables come out. Start with `staged_files`.
"""
