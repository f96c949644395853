"""Dataset versions on disk, and the catalog that lists them."""
