"""Disks that are full, read-only, damaged or gone, in words.

An OS error goes in, a sentence with a remedy comes out. Start with `disk_state`.
"""
