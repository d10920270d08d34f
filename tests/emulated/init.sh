#!/bin/busybox sh
# The first process of the emulated machine. Its root becomes that of the machine outside, which
# it can only read; run.sh put modules, programs and the name of the repository beside this file.
set -euo pipefail
/bin/busybox --install -s /bin
export PATH=/bin
trap 'poweroff -f' EXIT
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev

for module in /modules/*; do
    case $module in
    *snd-virmidi.ko*) insmod "$module" enable=1,1 index=0,1 midi_devs=1,1 ;;
    *) insmod "$module" ;;
    esac
done
mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=262144 host /host
for folder in dev proc sys; do
    mount -o bind "/$folder" "/host/$folder"
done
mount -t tmpfs run /host/run
cp /bin/aplaymidi /bin/aseqdump /host/run/

read -r repository </repository
stty -F /dev/ttyS1 raw
code=0
chroot /host /usr/bin/env -i PATH=/run:/usr/bin:/bin HOME=/run TMPDIR=/run PYTHONUNBUFFERED=1 \
    "$repository/.venv/bin/python" "$repository/tests/emulated/checks.py" \
    </dev/null >/dev/ttyS1 2>&1 || code=$?
echo "exit $code" >/dev/ttyS1
