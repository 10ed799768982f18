"""Configuration as code: files → documents → a plan → one transaction; and back."""
