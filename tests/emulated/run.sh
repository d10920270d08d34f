#!/usr/bin/env bash
# musegan's MIDI ports over ALSA's sequencer, in an emulated machine with a Debian kernel.
# docs/testing.md tells what is checked. Exits 0 if all holds, 1 if not, 2 where it cannot run.
set -euo pipefail
cd "$(dirname "$0")/../.."
repository=$(pwd -P)
here=$repository/tests/emulated
limit=180 # seconds, for all
cache=${XDG_CACHE_HOME:-$HOME/.cache}/musegan-emulated
modules=(9p 9pnet_virtio virtio_pci snd-seq snd-seq-dummy snd-seq-midi snd-hrtimer snd-virmidi)
export PATH=$PATH:/usr/sbin:/sbin

work=$(mktemp -d)
machine=
trap '[ -z "$machine" ] || kill "$machine" 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

cannot() {
    echo "cannot run: $1"
    exit 2
}

# Runs a command for as long as time is left.
within_limit() {
    local left=$((limit - SECONDS))
    [ "$left" -gt 0 ] || return 124
    timeout --foreground --kill-after=5 "$left" "$@"
}

apt_get() {
    within_limit env DEBIAN_FRONTEND=noninteractive apt-get -qq -o APT::Sandbox::User=root "$@" \
        </dev/null >>"$work/apt" 2>&1
}

what_apt_said() {
    local last
    last=$(tail -n 1 "$work/apt")
    echo "${last:-out of time}"
}

# Programs of this machine; they are installed where they are missing and we may.
have_programs() {
    local missing=()
    command -v qemu-system-x86_64 >/dev/null || missing+=(qemu-system-x86)
    command -v cpio >/dev/null || missing+=(cpio)
    command -v modprobe >/dev/null || missing+=(kmod)
    [ "${#missing[@]}" -gt 0 ] || return 0
    local told="${missing[*]} missing; install with: apt-get install ${missing[*]}"
    [ "$(id -u)" = 0 ] || cannot "$told"
    apt_get update || true # if it matters, the next step tells
    apt_get install --yes --no-install-recommends --download-only "${missing[@]}" ||
        cannot "$told ($(what_apt_said))"
    # Without a limit, for dpkg must not be interrupted; everything is here by now.
    DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends \
        --no-download "${missing[@]}" </dev/null >>"$work/apt" 2>&1 ||
        cannot "$told ($(what_apt_said))"
}

newest_kernel() {
    apt-cache depends linux-image-amd64 2>/dev/null |
        sed -n 's/.*Depends: \(linux-image-[0-9].*\)$/\1/p' | sed -n 1p
}

# What the emulated machine needs: a kernel, its modules, busybox, and alsa-utils as a third party.
fetch() {
    local kernel debs=$work/debs root=$work/root made=$work/made number=10 module
    mkdir -p "$debs" "$root" "$made/modules" "$made/bin"
    if [ "$(id -u)" = 0 ]; then
        apt_get update || true
    fi
    kernel=$(newest_kernel)
    [ -n "$kernel" ] || cannot "apt knows no linux-image-amd64; on Debian try: apt-get update"
    (cd "$debs" && apt_get download "$kernel" busybox-static alsa-utils) ||
        cannot "cannot download $kernel, busybox-static, alsa-utils ($(what_apt_said))"
    for package in "$debs"/*.deb; do
        within_limit dpkg-deb -x "$package" "$root"
    done
    mkdir -p "$root/lib"
    [ -e "$root/lib/modules" ] || ln -s ../usr/lib/modules "$root/lib/modules"
    kernel=${kernel#linux-image-}
    depmod -b "$root" "$kernel"
    for module in "${modules[@]}"; do
        modprobe -d "$root" -S "$kernel" --show-depends "$module"
    done | awk '$1 == "insmod" && !seen[$2]++ {print $2}' >"$work/order"
    while read -r module; do
        number=$((number + 1))
        cp "$module" "$made/modules/$number-$(basename "$module")"
    done <"$work/order"
    cp "$root/boot/vmlinuz-$kernel" "$made/vmlinuz"
    cp "$(find "$root/bin" "$root/usr/bin" -name busybox -print -quit)" "$made/bin/busybox"
    cp "$root/usr/bin/aplaymidi" "$root/usr/bin/aseqdump" "$made/bin/"
    mkdir -p "$(dirname "$cache")"
    rm -rf "$cache"
    mv "$made" "$cache"
    rm -rf "$debs" "$root"
}

[ "$(uname -s) $(uname -m)" = "Linux x86_64" ] || cannot "this needs Linux on x86-64"
command -v apt-get >/dev/null || cannot "apt-get is missing; this needs Debian"
.venv/bin/python -c "import rtmidi" 2>/dev/null ||
    cannot "no .venv with python-rtmidi; make it with: make .venv/.ready"
have_programs
[ -s "$cache/vmlinuz" ] || fetch

mkdir -p "$work/initrd"/{bin,dev,host,proc,sys}
cp -r "$cache/modules" "$work/initrd/"
cp "$cache/bin/"* "$work/initrd/bin/"
cp "$here/init.sh" "$work/initrd/init"
chmod +x "$work/initrd/init"
printf '%s\n' "$repository" >"$work/initrd/repository"
(cd "$work/initrd" && find . | cpio --quiet --create --format newc) >"$work/initrd.cpio"

# ttyS0 is the console; ttyS1 is for what the checks say.
exec {results}< <(
    left=$((limit - SECONDS))
    exec timeout --foreground --kill-after=5 "$((left > 0 ? left : 1))" qemu-system-x86_64 \
        -accel tcg -cpu max -m 1024 -nodefaults -no-reboot -display none \
        -kernel "$cache/vmlinuz" -initrd "$work/initrd.cpio" \
        -append "console=ttyS0 panic=-1 quiet" \
        -virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
        -serial "file:$work/console" -serial stdio </dev/null 2>"$work/qemu"
)
machine=$!
code=
while IFS= read -r line <&"$results"; do
    case $line in
    "exit "*) code=${line#exit } ;;
    *) printf '%s\n' "$line" ;;
    esac
done

if [ -z "$code" ]; then
    echo "the emulated machine gave no result in $SECONDS s; the last of its console:"
    tail -n 20 "$work/qemu" "$work/console" 2>/dev/null || true
    exit 1
fi
echo "$SECONDS s"
exit "$code"
