"""What can be done to each format: a module for each, named ``ADAPTER_READER``."""
