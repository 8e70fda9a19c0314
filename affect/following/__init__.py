"""What follows a training run while it goes on: one follower a file, each an entry of jobs/followers.py."""
