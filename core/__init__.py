"""Clientele's headless core: from an order log to named customer segments."""
