"""Quality and speed, measured; each module is one command."""
