"""Gate's shipped Prometheus rules: what they say, and the program that writes them."""
