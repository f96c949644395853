"""Tests of `core.explain`."""
