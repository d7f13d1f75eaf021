"""What the hub says of itself over HTTP."""
