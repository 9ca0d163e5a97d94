"""The planner: pure, and the heart."""
