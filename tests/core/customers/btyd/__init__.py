"""Tests of `core.customers.btyd`."""
