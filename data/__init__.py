"""Demonstration data and the code that makes it."""
