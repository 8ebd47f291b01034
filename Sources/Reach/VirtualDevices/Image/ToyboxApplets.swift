/// Commands of Debian's toybox 0.8.9 that take precedence over busybox's, as Android's tools are
/// toybox's; busybox serves the rest.
enum ToyboxApplets {
  static let names = """
    basename blkdiscard blkid blockdev cat chgrp chmod chown chrt cksum cmp comm cp cut date \
    dirname dmesg du echo egrep env expand fallocate false fgrep file find flock free fsfreeze \
    fsync getconf grep groups head hostname id inotifyd ionice iorenice iotop kill killall ln \
    logname losetup ls lsattr lsmod lspci lsusb md5sum mkdir mkfifo mknod mktemp mountpoint \
    mv nice nl nohup nproc nsenter od paste patch pgrep pidof pkill pmap printenv printf prlimit \
    ps pwd readlink realpath renice rm rmdir sed seq setfattr setsid sha1sum sha256sum sha512sum \
    sleep sort split stat strings sync sysctl tac tail taskset tee test time timeout top touch \
    true truncate tty uclampset uname uniq unlink unshare uptime usleep uuidgen vmstat watch wc \
    which who whoami xargs xxd yes
    """.split(separator: " ").map(String.init)
}
