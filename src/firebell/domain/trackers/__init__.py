"""Trackers: places like GitHub and Jira in which action items are mirrored."""
