"""Outbox: everything that leaves the house and is not a page."""
