"""Tests of `core.ui`."""
