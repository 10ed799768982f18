"""How a database comes to this version's schema: numbered steps in ``versions``, the same for both databases."""
