"""What is known of each customer before a date."""
