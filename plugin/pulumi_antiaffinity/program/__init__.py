"""What Python programs use; the plugin's process imports none of it."""
