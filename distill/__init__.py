"""Teacher and data to a student checkpoint."""
