"""What all pages share: navigation, page frame, cache and state."""
