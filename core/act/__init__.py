"""What leaves Clientele for other programs and people."""
