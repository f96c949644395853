"""Tests of `core.commands`."""
