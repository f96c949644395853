"""What belongs to a workspace: its id, files left by killed processes, and ways back to lost rows.

A folder and a catalog come in; an opened workspace, or the reason for refusing it, goes out. Start with `opening`.
"""
