#!/bin/busybox sh
# The first process of a guest: sets up the system from the files of initramfs.mts, runs a script, and powers off.
export PATH=/sbin:/bin:/usr/sbin:/usr/bin:/busybox HOME=/tmp

/bin/busybox --install -s /busybox
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
for module in /modules/*; do
  # Without the module, tests would fail much later, for reasons that are hard to see.
  insmod "$module" || poweroff -f
done
ip link set lo up

cd /sockinfo
# The machine has booted: failures from here on are not the emulator's. report.mts defines the lines.
echo '@sockinfo {"type":"booted"}'
node --expose-gc $NODE_FLAGS "$GUEST_SCRIPT"
echo "@sockinfo {\"type\":\"exited\",\"status\":$?}"
poweroff -f
