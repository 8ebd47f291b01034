/// The shell scripts inside the device. Their shell is busybox's ash.
enum GuestScripts {
  /// Printed on the serial console once adbd listens; a number of seconds follows.
  static let readyMarker = "latgate: ready"

  /// `/init`: the first process.
  ///
  /// It reads `latgate.privilege=`, `latgate.scheduler=`, `latgate.firmware=` and the options of
  /// `ramoops` from the kernel's command line, and restarts the device when a word arrives in
  /// `/run/latgate.control`.
  static let initialise = #"""
    #!/bin/busybox sh
    export PATH=/bin:/sbin
    busybox=/bin/busybox
    $busybox mount -t proc proc /proc
    $busybox mount -t sysfs sysfs /sys
    $busybox mount -t devtmpfs -o mode=0755 devtmpfs /dev
    $busybox --install -s /bin
    exec </dev/null >/dev/console 2>&1

    complain() { echo "latgate: $*"; }

    privilege=root scheduler='' firmware=unknown kept=''
    read -r words </proc/cmdline
    for word in $words; do
      case $word in
        latgate.privilege=*) privilege=${word#*=} ;;
        latgate.scheduler=*) scheduler=${word#*=} ;;
        latgate.firmware=*) firmware=${word#*=} ;;
        ramoops.*) kept="$kept ${word#ramoops.}" ;;
      esac
    done

    mkdir -p /dev/pts /dev/shm
    mount -t devpts -o gid=5,mode=0620,ptmxmode=0666 devpts /dev/pts
    mount -t tmpfs tmpfs /dev/shm
    mount -t tmpfs -o mode=1777 tmpfs /tmp
    ln -s /proc/self/fd /dev/fd
    ln -s /proc/self/fd/0 /dev/stdin
    ln -s /proc/self/fd/1 /dev/stdout
    ln -s /proc/self/fd/2 /dev/stderr

    while read -r module options; do
      # The options are words of their own.
      # shellcheck disable=SC2086
      insmod "$module" $options || complain "cannot load $module"
    done </etc/latgate/modules

    set_scheduler() {
      case $scheduler in
        kyber) modprobe kyber-iosched ;;
        bfq) modprobe bfq ;;
      esac
      echo "$scheduler" >"$1/queue/scheduler" || complain "no I/O scheduler $scheduler on $1"
    }

    for disk in /sys/block/vd*; do
      [ -n "$scheduler" ] && set_scheduler "$disk"
      node=/dev/${disk##*/}
      # The order of virtio disks is the kernel's affair; the serial says which one it is.
      read -r serial <"$disk/serial"
      case $serial in
        data) mount -t ext4 -o noatime,nosuid,nodev "$node" /data || complain "no /data" ;;
        f2fs) mount -t f2fs -o noatime,nosuid,nodev "$node" /mnt/f2fs || complain "no /mnt/f2fs" ;;
      esac
    done
    mkdir -p /data/local/tmp
    chown 2000:2000 /data/local /data/local/tmp /mnt/f2fs
    chmod 0771 /data /data/local /data/local/tmp /mnt/f2fs
    chmod 0666 /dev/binder /dev/hwbinder /dev/vndbinder

    # What Android's atrace.rc opens on user builds. tracing_on is 1 on Debian's kernels.
    open_tracefs() {
      cd /sys/kernel/tracing || return
      echo 0 >tracing_on
      chmod 0755 .
      chmod 0666 tracing_on trace trace_marker trace_clock buffer_size_kb options/overwrite
      for event in \
        sched/sched_switch sched/sched_wakeup sched/sched_wakeup_new sched/sched_waking \
        sched/sched_blocked_reason sched/sched_process_exit sched/sched_process_free \
        task/task_newtask task/task_rename cpuhp/cpuhp_enter cpuhp/cpuhp_exit \
        power/cpu_idle power/cpu_frequency power/cpu_frequency_limits power/suspend_resume \
        irq irq/irq_handler_entry irq/irq_handler_exit irq/softirq_entry irq/softirq_exit \
        irq/softirq_raise ipi ipi/ipi_entry ipi/ipi_exit ipi/ipi_raise \
        block/block_rq_issue block/block_rq_complete \
        binder/binder_transaction binder/binder_transaction_received binder/binder_lock \
        binder/binder_locked binder/binder_unlock binder/binder_transaction_alloc_buf \
        ext4/ext4_da_write_begin ext4/ext4_da_write_end ext4/ext4_sync_file_enter \
        ext4/ext4_sync_file_exit f2fs/f2fs_write_begin f2fs/f2fs_write_end \
        f2fs/f2fs_sync_file_enter f2fs/f2fs_sync_file_exit \
        vmscan/mm_vmscan_direct_reclaim_begin vmscan/mm_vmscan_direct_reclaim_end \
        vmscan/mm_vmscan_kswapd_wake vmscan/mm_vmscan_kswapd_sleep \
        oom/mark_victim oom/oom_score_adj_update dma_fence thermal/thermal_temperature \
        thermal/cdev_update; do
        [ -e "events/$event/enable" ] && chmod 0666 "events/$event/enable"
      done
      cd /
    }

    # What a dying kernel said stays in memory over a reset.
    # shellcheck disable=SC2086
    if [ -n "$kept" ]; then
      modprobe ramoops $kept || complain "cannot load ramoops"
    fi
    mount -t pstore pstore /sys/fs/pstore
    mount -t bpf bpf /sys/fs/bpf
    if [ "$privilege" = shell ]; then
      mount -o remount,hidepid=2,gid=3009 /proc
      mount -t tracefs -o gid=3012,mode=0750 tracefs /sys/kernel/tracing
      open_tracefs
      echo 2 >/proc/sys/kernel/unprivileged_bpf_disabled
      echo 2 >/proc/sys/kernel/kptr_restrict
      echo 1 >/proc/sys/kernel/dmesg_restrict
      build=user keys=release-keys debuggable=0
      chmod 0700 /sys/fs/bpf
    else
      mount -t debugfs -o mode=0755 debugfs /sys/kernel/debug
      mount -t tracefs -o mode=0755 tracefs /sys/kernel/tracing
      build=userdebug keys=test-keys debuggable=1
    fi
    # What a firmware brings along starts here, with all modules loaded.
    for service in /etc/init.d/S*; do
      [ -x "$service" ] && "$service" start
    done
    cat >>/etc/latgate/properties <<EOF
    ro.build.type=$build
    ro.build.tags=$keys
    ro.debuggable=$debuggable
    ro.build.fingerprint=latgate/virtual/$firmware:$build/$keys
    EOF

    ifconfig lo 127.0.0.1 up
    ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up
    route add default gw 10.0.2.2
    hostname latgate-virtual

    adbd=/usr/lib/android-sdk/platform-tools/adbd
    serve_adb() {
      export PATH=/system/bin:/bin:/sbin HOME=/data TMPDIR=/data/local/tmp ADBD_PORT=5555
      cd /
      while :; do
        if [ "$privilege" = shell ]; then
          # no_new_privs outlives the change of user, which drops all capabilities.
          setpriv --nnp start-stop-daemon -S -q -c shell:shell -x $adbd
        else
          $adbd
        fi
        complain "adbd ended with code $?"
        usleep 500000
      done >/run/adbd.log 2>&1
    }
    mkfifo -m 0666 /run/latgate.control
    serve_adb &
    server=$!
    # 15B3 is port 5555, 0A the state LISTEN.
    until grep -q ':15B3 [0-9A-F:]* 0A ' /proc/net/tcp /proc/net/tcp6; do usleep 20000; done
    read -r uptime _ </proc/uptime
    echo "latgate: ready $uptime"

    # The end of an orphan, which this process inherits, interrupts the wait.
    request=
    until [ -n "$request" ]; do read -r request </run/latgate.control; done
    complain "$request"
    kill $server
    # Connections are closed properly: after the restart nobody could inform the peer.
    killall adbd
    usleep 200000
    sync
    umount /mnt/f2fs /data
    case $request in
      poweroff) poweroff -f ;;
      *) reboot -f ;;
    esac
    """# + "\n"

  /// `/system/bin/getprop`: reads `/etc/latgate/properties`, the last of equal keys counts.
  static let getprop = #"""
    #!/bin/busybox sh
    [ $# -gt 0 ] || exec /bin/busybox sed 's/^\([^=]*\)=\(.*\)$/[\1]: [\2]/' /etc/latgate/properties
    value=
    while IFS='=' read -r key rest; do
      [ "$key" = "$1" ] && value=$rest
    done </etc/latgate/properties
    echo "${value:-$2}"
    """# + "\n"

  /// `/system/bin/reboot`: returns at once; the device goes down a moment later.
  static let reboot = #"""
    #!/bin/busybox sh
    [ "$1" = -p ] && request=poweroff
    echo "${request:-reboot}" >/run/latgate.control
    """# + "\n"
}
