"""The workspace's id, files left by killed processes, and recovery of lost rows.

A folder and a catalog come in; an opened workspace, or the reason for refusing it, goes out. Start with `opening`.
"""
