#!/bin/sh
# Prepares the root of a Raspberry Pi OS or Jetson card for a camera. What it writes holds no secret
# and is the same for every card; what is there of secrets is removed. Keys are made on the box.
# Usage: prepare-card.sh ROOT [PACKAGE.deb]     ROOT is where the card's root is mounted
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=${1:-}
package=${2:-}
if [ -z "$root" ] || [ ! -d "$root/etc" ]; then
    echo "prepare-card: ${root:-nothing} is no root of a card. Fix: mount the card and name its root folder" >&2
    exit 2
fi
case $(cd "$root" && pwd) in /) echo "prepare-card: / is this machine. Fix: name the card's root" >&2; exit 2 ;; esac
if [ -e "$root/etc/alpr-edge/identity" ]; then
    echo "prepare-card: this card is of an enrolled camera. Fix: alpr-edge decommission on it, or use a fresh image" >&2
    exit 1
fi

# What makes two machines one, or lets somebody in.
rm -f "$root"/etc/ssh/ssh_host_* "$root"/var/lib/systemd/random-seed "$root"/var/lib/dbus/machine-id
rm -f "$root"/root/.ssh/authorized_keys "$root"/home/*/.ssh/authorized_keys
rm -f "$root"/etc/wpa_supplicant/wpa_supplicant*.conf "$root"/etc/NetworkManager/system-connections/*
rm -f "$root"/boot/firmware/userconf.txt "$root"/boot/firmware/wpa_supplicant.conf "$root"/boot/userconf.txt
: > "$root/etc/machine-id"
if [ -e "$root/etc/shadow" ]; then
    # No account of the image has a password; technicians get keys from the city.
    sed -i -E 's/^([^:]+):[^:]*:[^:]*:/\1:!:20000:/' "$root/etc/shadow"
fi

install -D -m 0644 "$here/../60-alpr.conf" "$root/etc/sysctl.d/60-alpr.conf"
install -D -m 0755 "$here/nftables.conf" "$root/etc/nftables.conf"
install -D -m 0755 "$here/first-boot.sh" "$root/usr/local/sbin/alpr-first-boot"
install -D -m 0644 "$here/alpr-first-boot.service" "$root/etc/systemd/system/alpr-first-boot.service"
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -sf ../alpr-first-boot.service "$root/etc/systemd/system/multi-user.target.wants/alpr-first-boot.service"
install -D -m 0644 /dev/stdin "$root/etc/ssh/sshd_config.d/60-alpr.conf" <<END
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
X11Forwarding no
AllowAgentForwarding no
# The aiming page is reached through the technician's own session.
AllowTcpForwarding local
PermitOpen 127.0.0.1:*
END
if [ -n "$package" ]; then
    install -D -m 0644 "$package" "$root/var/cache/alpr/alpr-edge.deb"
fi
echo "prepare-card: $root is ready; it holds no secret"
