"""The dashboards, one module each: `board(profile)` says what is asked and how it is answered."""
