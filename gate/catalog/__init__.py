"""What is known of models: lanes, windows, capabilities and prices, every value with the page it was read on."""
