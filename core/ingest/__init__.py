"""From files to lines, orders and a quality report."""
