"""Backup of a workspace to a ZIP file, and restore.

Start reading with `backup`; `archive` checks the files.
"""
