"""What is done to an installation from its own machine, without a server: migrate, back up, restore, check, let in."""
