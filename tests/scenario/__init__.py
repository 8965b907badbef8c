"""The standard traffic scenario, and the proof that every query of the dashboards and rules finds data in it."""
