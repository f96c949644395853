"""What each customer does next: outcomes, models, and how well they did."""
