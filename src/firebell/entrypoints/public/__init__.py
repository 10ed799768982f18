"""What the public sees of a status page: HTML, JSON, feeds and a badge, drawn once and served from memory."""
