#!/bin/sh
# Runs once on a camera's first start, and again without harm where it was cut off: makes what must
# be of this machine alone, and installs the package that the card carries.
set -eu
done_file=/var/lib/alpr-first-boot.done
[ ! -e "$done_file" ] || exit 0

systemd-machine-id-setup
ssh-keygen -A
command -v dphys-swapfile >/dev/null && { dphys-swapfile swapoff || true; systemctl disable dphys-swapfile || true; }
for service in bluetooth hciuart avahi-daemon cups triggerhappy ModemManager; do
    systemctl disable --now "$service" 2>/dev/null || true
done
sysctl --system >/dev/null
systemctl enable --now nftables
if [ -e /var/cache/alpr/alpr-edge.deb ]; then
    dpkg --install /var/cache/alpr/alpr-edge.deb || apt-get install --yes --fix-broken --no-download
fi
touch "$done_file"
echo "this camera is ready to enrol: sudo alpr-edge enroll https://CITY --camera NAME --code CODE"
