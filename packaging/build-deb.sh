#!/bin/sh
# Builds one Debian package with every wheel it needs, so that it installs without a network.
# Usage: packaging/build-deb.sh edge|city amd64|arm64 bookworm|trixie OUT
set -eu

part=$1 arch=$2 release=$3 out=$4
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
python=${PYTHON:-python3}
name=alpr-$part
version=$(sed -n 's/^version = //p' "$top/setup.cfg")

case $release in
    bookworm) python_version=3.11 glibc=36 ;;
    trixie) python_version=3.13 glibc=41 ;;
    *) echo "build-deb: $release is no release we build for. Fix: bookworm or trixie" >&2; exit 2 ;;
esac
case $arch in
    amd64) machine=x86_64 ;;
    arm64) machine=aarch64 ;;
    *) echo "build-deb: $arch is no architecture we build for. Fix: amd64 or arm64" >&2; exit 2 ;;
esac
# Raspberry Pi OS Bookworm builds picamera2 for numpy 1 (docs/DECISIONS.md, 2).
pins=""
if [ "$part-$release-$arch" = edge-bookworm-arm64 ]; then
    pins="numpy==1.26.4 opencv-python-headless==4.11.0.86"
fi
# Everything older than the release's glibc runs on it.
platforms="--platform manylinux2014_$machine --platform linux_$machine"
minor=17
while [ "$minor" -le "$glibc" ]; do
    platforms="$platforms --platform manylinux_2_${minor}_$machine"
    minor=$((minor + 1))
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
wheels=$tree/usr/lib/$name/wheels
mkdir -p "$wheels" "$out"

# From a copy: what an older build left beside the sources would be packed as well.
mkdir "$work/source"
(cd "$top" && tar -cf - --exclude=__pycache__ setup.cfg pyproject.toml README.md alpr_wire alpr_edge alpr_city models/*.*) |
    tar -xf - -C "$work/source"
"$python" -m pip wheel --quiet --no-deps --wheel-dir "$wheels" "$work/source"
# shellcheck disable=SC2086
"$python" -m pip download --quiet --only-binary=:all: --python-version "$python_version" \
    --implementation cp $platforms --dest "$wheels" "$(ls "$wheels"/alpr-*.whl)[$part]" $pins

install -d "$tree/usr/bin" "$tree/lib/systemd/system" "$tree/usr/lib/sysusers.d" "$tree/DEBIAN"
for unit in "$top"/systemd/"$name"-*; do
    install -m 0644 "$unit" "$tree/lib/systemd/system/"
done
install -m 0644 "$top/systemd/$name.sysusers" "$tree/usr/lib/sysusers.d/$name.conf"
install -D -m 0644 "$top/provisioning/60-alpr.conf" "$tree/usr/share/doc/$name/60-alpr.conf"
where=city
[ "$part" = city ] || where=camera
for file in nftables.conf database.sh offsite.sh alpr-city-offsite.service alpr-city-offsite.timer; do
    [ ! -e "$top/provisioning/$where/$file" ] || install -D -p "$top/provisioning/$where/$file" "$tree/usr/share/$name/$file"
done
for guide in FIELD OPERATIONS THREATS; do
    install -D -m 0644 "$top/docs/$guide.md" "$tree/usr/share/doc/$name/$guide.md"
done
install -d "$tree/usr/share/man/man1"
(cd "$top" && "$python" packaging/man_pages.py "$part" "$tree/usr/share/man/man1/$name.1")
gzip -9n "$tree/usr/share/man/man1/$name.1"
ln -s "/usr/lib/$name/venv/bin/$name" "$tree/usr/bin/$name"

depends="python3 (>= $python_version), python3-venv"
[ "$part" = city ] || depends="$depends, libstdc++6"  # OpenCV brings all else
[ "$part" = edge ] || depends="$depends, mosquitto, tzdata"
recommends=nftables
[ "$part-$arch" != edge-arm64 ] || recommends="$recommends, python3-picamera2"
cat > "$tree/DEBIAN/control" <<END
Package: $name
Version: $version
Architecture: $arch
Maintainer: alpr maintainers <maintainers@alpr.invalid>
Depends: $depends
Recommends: $recommends
Section: misc
Priority: optional
Description: licence plate reader, $(sed -n "s/^$part: //p" "$here/descriptions")
END
for script in postinst prerm postrm; do
    sed "s/@NAME@/$name/g; s/@PART@/$part/g" "$here/$script.in" > "$tree/DEBIAN/$script"
    chmod 0755 "$tree/DEBIAN/$script"
done
# Not compressed again: wheels are.
dpkg-deb --root-owner-group -Znone --build "$tree" "$out/${name}_${version}_${release}_$arch.deb" >/dev/null
echo "$out/${name}_${version}_${release}_$arch.deb"
