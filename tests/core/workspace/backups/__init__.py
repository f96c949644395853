"""Tests of `core.workspace.backups`."""
