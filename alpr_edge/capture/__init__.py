"""Light in: cameras and recordings, all of which give the same shots."""

import os

import cv2

# What OpenCV and FFmpeg dislike about a source, they print; what we make of it, we say ourselves.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
SILENT = 0  # LOG_LEVEL_SILENT, which OpenCV 4.11 has no name for
if hasattr(cv2, "setLogLevel"):  # 4.11, which Raspberry Pi OS Bookworm needs
    cv2.setLogLevel(SILENT)
else:
    cv2.utils.logging.setLogLevel(SILENT)
