"""Tests of `core.customers.products`."""
