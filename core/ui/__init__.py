"""The user interface: navigation, page frame, cache, state, and the parts of each page."""
