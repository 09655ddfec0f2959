"""Checkpoint folder in, bundle for phones out."""
