"""What the outside is shown: pages, components and their states, public incidents, maintenance, subscribers."""
