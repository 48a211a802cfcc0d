"""Quality of embeddings, measured by linear models on them."""
