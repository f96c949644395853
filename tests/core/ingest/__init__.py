"""Tests of reading and cleaning."""
