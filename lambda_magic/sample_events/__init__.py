"""Sample events: what AWS's services send to a function, with values of one's own in them."""
