"""Tests of the pages through AppTest."""
