"""Named groups of customers under a frozen, versioned model."""
