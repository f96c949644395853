"""Tests of `core.customers`."""
