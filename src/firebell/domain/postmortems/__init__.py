"""Postmortems: how an incident became possible, and what will change."""
