"""``firebell demo``: a sample company with a month of history, in a folder of its own; nothing is sent outside."""
