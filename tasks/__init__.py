"""What the models are for: data, windows, decoding and metrics (numpy and tokenizers, no torch)."""
