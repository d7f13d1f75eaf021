#!/bin/sh
# cell.sh ROOT APP DATA UID PREFIX... -- COMMAND...
#
# Becomes COMMAND as a container would run it, in the mount and process namespaces that
# the caller has made: as UID, with no capability, in /app. Only /data, a /tmp and a
# /dev/shm of its own can be written; everything else is the host's, read-only, and of
# the host only its system folders and each PREFIX. ROOT is an empty folder.
set -eu
root=$1 app=$2 data=$3 uid=$4
shift 4

# mount_at SOURCE NAME [MODE]: SOURCE appears as /NAME, read-only unless MODE is rw.
mount_at() {
    mkdir -p "$root/$2"
    mount --bind "$1" "$root/$2"
    mount -o "remount,bind,${3:-ro}" "$root/$2"
}

mount --make-rprivate /
mount -t tmpfs -o mode=755 cell "$root"
for folder in bin etc lib lib32 lib64 libx32 sbin sys usr; do
    if [ -L "/$folder" ]; then
        cp -P "/$folder" "$root/$folder"
    elif [ -d "/$folder" ]; then
        mount_at "/$folder" "$folder"
    fi
done
# Before what may lie below it: a checkout in /tmp is a prefix, too.
mkdir "$root/dev" "$root/dev/shm" "$root/proc" "$root/tmp"
for device in null zero full random urandom; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
# Every engine gives a container these three of its own.
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t tmpfs -o mode=1777,nosuid,nodev,noexec,size=64m shm "$root/dev/shm"
mount -t tmpfs -o mode=1777,nosuid,nodev,noexec,size=64m tmp "$root/tmp"

while [ "$1" != -- ]; do
    mount_at "$1" "$1"
    shift
done
shift

mount_at "$app" app
mount_at "$data" data rw
mount -o remount,ro "$root"

# With the change of user the kernel forgets that it dies with who started it.
exec chroot "$root" env --chdir=/app setpriv --reuid "$uid" --regid "$uid" \
    --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
    --pdeathsig KILL -- "$@"
