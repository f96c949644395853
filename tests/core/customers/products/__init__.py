"""Tests of `core.customers.products.product_sales`."""
