"""Real counterparts, each a private instance in a folder of its own: nsd and Postfix."""
