"""Light in: cameras and recordings, all of which give the same shots."""
