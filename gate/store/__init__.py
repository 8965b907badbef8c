"""Where decisions are kept: a memory ring now; databases later, behind the same port."""
