"""What makes the shipped models, from pictures to `.tflite`."""
