"""Tests of the running product, from the outside."""
