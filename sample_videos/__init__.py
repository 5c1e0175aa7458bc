"""Sample clips of the glute stretch and the renderer that makes them."""
