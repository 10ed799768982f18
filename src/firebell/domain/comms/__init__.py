"""What is said about an incident: updates, the clocks that ask for them, and the promises they make."""
