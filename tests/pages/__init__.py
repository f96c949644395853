"""Tests of the pages, run through AppTest."""
