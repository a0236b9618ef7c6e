"""The peers, each in a folder of its own. Nothing here is imported by the product."""
