"""The simulator, piece by piece, and what Gate has to show in it."""
