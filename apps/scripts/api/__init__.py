"""Scripts over HTTP."""
