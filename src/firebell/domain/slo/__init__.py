"""Service level objectives: the arithmetic of error budgets, when they wake somebody, and what a spent one changes."""
