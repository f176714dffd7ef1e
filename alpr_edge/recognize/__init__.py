"""Recognition: a picture in, plates out, through two small TFLite networks.

    picture ── Detector ──► corners ── rectify ──► crop ── Reader ──► PlateText

`Recognizer` ties them together; each part also works alone.
"""

from alpr_edge.recognize.detector import Detector
from alpr_edge.recognize.reader import Reader
from alpr_edge.recognize.recognizer import Recognizer

__all__ = ["Detector", "Reader", "Recognizer"]
