"""All summaries together: files become modules, and imports find them."""
