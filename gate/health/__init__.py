"""What is known of each route's health, as values, and the pure functions that keep it up to date."""
