"""Tests of `core.explain.overall`."""
