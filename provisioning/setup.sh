#!/bin/sh
# Makes the development environment: missing system packages, then a virtual environment.
# Usage: provisioning/setup.sh .venv
set -eu

venv=$1
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

# command that shows a package is there, and the package
missing=""
python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ] || missing="$missing mosquitto"
# A token in software, for the tests of the key-encryption key in a token.
command -v softhsm2-util >/dev/null || missing="$missing softhsm2"
[ -x /usr/lib/postgresql/15/bin/initdb ] || missing="$missing postgresql"
# The long tests of the packages install them in bare roots: one that boots, some of another machine.
command -v debootstrap >/dev/null || [ -x /usr/sbin/debootstrap ] || missing="$missing debootstrap"
command -v systemd-nspawn >/dev/null || missing="$missing systemd-container"
command -v mmdebstrap >/dev/null || missing="$missing mmdebstrap arch-test"
command -v qemu-aarch64-static >/dev/null || missing="$missing qemu-user-static"
# The firewall rules are checked by nft itself.
[ -x /usr/sbin/nft ] || command -v nft >/dev/null || missing="$missing nftables"
# A bad road between camera and city: a network namespace, and clocks that are off.
command -v ip >/dev/null || [ -x /usr/sbin/ip ] || missing="$missing iproute2"
set -- /usr/lib/*/faketime/libfaketime.so.1
[ -e "$1" ] || missing="$missing faketime"
# A TPM in software, its resource manager, and OpenSSL's way to it.
for package in swtpm tpm2-abrmd tpm2-openssl libtss2-tcti-swtpm0 libtss2-tcti-tabrmd0 dbus-daemon; do
    dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -q '^installed' ||
        missing="$missing $package"
done
# The console is tested in a real browser.
command -v chromium >/dev/null || missing="$missing chromium"
command -v chromedriver >/dev/null || missing="$missing chromium-driver"
command -v systemd-analyze >/dev/null || missing="$missing systemd"
# Disks that fail and clocks that jump, under real processes.
command -v cc >/dev/null || missing="$missing gcc libc6-dev"
command -v faketime >/dev/null || missing="$missing faketime"
/usr/bin/python3 -c 'import systemd.journal' 2>/dev/null || missing="$missing python3-systemd"
# A real pipeline and a real network camera for the capture tests; gi is for the system's Python.
command -v gst-launch-1.0 >/dev/null || missing="$missing gstreamer1.0-tools"
while read -r element package; do
    gst-inspect-1.0 "$element" >/dev/null 2>&1 || missing="$missing $package"
done <<END
videotestsrc gstreamer1.0-plugins-base
rtph264pay gstreamer1.0-plugins-good
x264enc gstreamer1.0-plugins-ugly
END
/usr/bin/python3 -c 'import gi; gi.require_version("GstRtspServer", "1.0")' 2>/dev/null ||
    missing="$missing python3-gi gir1.2-gst-rtsp-server-1.0"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "setup: Python 3.11 or newer is needed, this is $(python3 --version). Fix: use Debian 12, Raspberry Pi OS Bookworm or newer." >&2
    exit 1
}
if [ -n "$missing" ]; then
    echo "setup: installing from apt:$missing"
    as_root apt-get update -qq
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
fi

# On Raspberry Pi OS picamera2 and libcamera exist only as system packages, built for numpy 1.
extras=edge,city,dev
options=""
constraint=""
if [ -e /etc/rpi-issue ]; then
    options=--system-site-packages
    constraint="numpy==1.26.4 opencv-python-headless==4.11.0.86"
fi
echo "setup: making $venv with the extras $extras"
[ -x "$venv/bin/python" ] || python3 -m venv $options "$venv"
# shellcheck disable=SC2086
"$venv/bin/pip" install --quiet --disable-pip-version-check -e ".[$extras]" $constraint

# Without what it needs: the tests only read its source, to see that our camera calls still fit.
[ -e /etc/rpi-issue ] || "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps picamera2==0.3.38
