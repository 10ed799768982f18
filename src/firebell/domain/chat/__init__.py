"""Chat: where incidents have their rooms, who is who there, and what has been said in them."""
