"""Working from chat: one grammar for every vendor, and a file for each of them."""
