"""Error messages for full, read-only, damaged or missing disks.

`disk_state` turns OS errors into messages with a remedy; start reading there.
"""
