"""Light in: cameras and recordings, all of which give the same shots."""

import os

import cv2

# What OpenCV and FFmpeg dislike about a source, they print; what we make of it, we say ourselves.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
