"""What the outside is shown: pages, components and their states over time, public incidents, maintenance, subscribers."""
