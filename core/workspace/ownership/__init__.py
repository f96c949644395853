"""What belongs to a workspace and what does not: its id, what killed processes left, and ways back to lost rows.

`opening` is what happens when a workspace is opened; read it first.
"""
