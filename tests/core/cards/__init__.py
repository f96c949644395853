"""Tests of `core.cards`."""
