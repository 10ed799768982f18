"""Insight: what many incidents say together, and the digest that is made of it."""
