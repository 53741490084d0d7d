"""Running the product: health, metrics, the problem catalogue, the API reference."""
