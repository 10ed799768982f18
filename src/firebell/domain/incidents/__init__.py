"""Incidents: severity, roles, phases, decisions and what was learned on the way to all-clear."""
