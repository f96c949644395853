"""Tests of `core.models.scoring`."""
