"""Tests of `core.workspace.disk.disk_state`."""
