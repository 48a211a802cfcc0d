"""How good embeddings are, by what a linear model makes of them."""
