"""Runbooks: what to do if, step by step, and what came of it each time."""
