"""Dataset versions on disk and the catalog that knows them."""
