"""Tests of `core.explore`."""
