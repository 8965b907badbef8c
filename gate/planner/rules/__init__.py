"""One rule per file. A new file with an object `RULE` is a new rule; there is no list to edit."""
