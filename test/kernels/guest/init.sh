#!/bin/busybox sh
# The first process of a guest: makes a system of what initramfs.mts has packed, runs the tests, and switches off.
export PATH=/sbin:/bin:/usr/sbin:/usr/bin:/busybox HOME=/tmp

/bin/busybox --install -s /busybox
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
for module in /modules/*; do
  # Without it tests would fail for reasons of their own, much later.
  insmod "$module" || poweroff -f
done
ip link set lo up

cd /sockinfo
# What goes wrong from here on is not the machine's. report.mts reads it.
echo '@sockinfo {"type":"booted"}'
node --expose-gc $NODE_FLAGS test/kernels/guest/run-tests.mts.mjs
echo "@sockinfo {\"type\":\"exited\",\"status\":$?}"
poweroff -f
