"""What the hub costs, measured on a real portal, cluster and Redis: `make bench`."""
