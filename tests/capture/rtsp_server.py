"""A network camera for the tests: H.264 over RTSP, asking for a password.

Runs under the system's Python, which alone sees GStreamer's bindings:
/usr/bin/python3 rtsp_server.py PORT
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

PIPELINE = (
    "( videotestsrc is-live=true pattern=ball ! video/x-raw,width=322,height=240,framerate=30/1"
    " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15"
    " ! rtph264pay name=pay0 config-interval=1 )"
)


def main(port: str) -> None:
    """Serve rtsp://user:p%40ss@127.0.0.1:PORT/live until killed."""
    Gst.init(None)
    server = GstRtspServer.RTSPServer(service=port, address="127.0.0.1")
    factory = GstRtspServer.RTSPMediaFactory(launch=PIPELINE, shared=True)
    role = GstRtspServer.RTSPToken()
    role.set_string("media.factory.role", "viewer")
    auth = GstRtspServer.RTSPAuth()
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic("user", "p@ss"), role)
    server.set_auth(auth)
    factory.add_role_from_structure(
        Gst.Structure.new_from_string(
            "viewer,media.factory.access=(boolean)true,media.factory.construct=(boolean)true"
        )
    )
    server.get_mount_points().add_factory("/live", factory)
    server.attach(None)
    print("ready", flush=True)
    GLib.MainLoop().run()


main(sys.argv[1])
