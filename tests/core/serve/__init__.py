"""Tests of `core.serve`."""
