"""Webhooks: other programs told of what happens here."""
