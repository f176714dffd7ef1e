"""The shipped models: `.tflite` files, a manifest and a card for each."""
