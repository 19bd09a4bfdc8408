"""One file a topic; importing a file registers its cases."""
