"""What a face detector learns from, how it learns, and how it is judged."""
