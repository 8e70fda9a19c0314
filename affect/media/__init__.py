"""Files of pictures, video and sound to arrays."""
