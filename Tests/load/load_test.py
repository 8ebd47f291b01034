# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""latgate-load from outside: load_test.py EXECUTABLE prints one line per test."""

import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback

LOAD = sys.argv[1]
KEYS = ["ops", "errors", "elapsed_ns", "rate_per_s", "mean_ns", "p50_ns", "p90_ns", "p99_ns",
        "max_ns"]
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def run(*arguments, code=0, **options):
    done = subprocess.run([LOAD, *map(str, arguments)], capture_output=True, text=True,
                          timeout=120, **options)
    assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    return done


def results(*arguments):
    """The printed values, in the order and form that workloads' expressions rely on."""
    lines = run(*arguments).stdout.splitlines()
    found = [re.fullmatch(r"([a-z0-9_]+): (\d+(?:\.\d)?)", line) for line in lines]
    assert all(found) and [match[1] for match in found] == KEYS, lines
    values = {match[1]: float(match[2]) for match in found}
    assert values["p50_ns"] <= values["p90_ns"] <= values["p99_ns"] <= values["max_ns"]
    assert values["mean_ns"] <= values["max_ns"]
    return values


@test
def every_command_runs_exactly_its_operations(scratch):
    commands = {
        "pingpong": (), "pingpong --via futex": (), "spin": ("--work", 1000), "futex": (),
        "fsync": ("--path", scratch), "fault": ("--mib", 1), "memory": ("--mib", 2), "pipe": (),
        "syscall": (), "sleep": ("--ns", 1000), "pipe --size 4k": (),
    }
    for command, more in commands.items():
        values = results(*command.split(), "--ops", 301, "--warmup", 7, *more)
        assert (values["ops"], values["errors"]) == (301, 0), command
    assert not list(scratch.iterdir())


@test
def operations_are_shared_by_threads(scratch):
    for command in ("spin", "futex", "pipe", "syscall"):
        assert results(command, "--ops", 10, "--threads", 7)["ops"] == 10


@test
def more_threads_than_operations(scratch):
    assert results("syscall", "--ops", 1, "--threads", 3)["ops"] == 1


@test
def a_sleep_is_never_shorter_than_asked(scratch):
    values = results("sleep", "--ops", 5, "--ns", 2000000)
    # Quantiles are interpolated inside buckets of 1/16: only the mean is exact.
    assert values["mean_ns"] >= 2000000 and values["elapsed_ns"] >= 10000000


@test
def more_work_takes_longer(scratch):
    little = results("spin", "--threads", 1, "--ops", 20, "--work", 1000)
    much = results("spin", "--threads", 1, "--ops", 20, "--work", 3000000)
    assert much["p50_ns"] > 100 * little["p50_ns"]


@test
def open_loop_latency_includes_queueing(scratch):
    # Each operation takes 2 ms and one is due every 1 ms: operation n waits n ms longer.
    values = results("sleep", "--ns", 2000000, "--ops", 50, "--rate", 1000)
    assert values["max_ns"] >= 50 * 2000000 - 49 * 1000000
    assert values["p50_ns"] >= 24 * 1000000
    assert values["rate_per_s"] <= 500


@test
def open_loop_keeps_its_rate(scratch):
    values = results("syscall", "--ops", 20, "--rate", 200)
    assert values["elapsed_ns"] >= 19 * 5000000
    # Together, threads keep the same rate.
    values = results("syscall", "--ops", 20, "--rate", 200, "--threads", 4)
    assert values["elapsed_ns"] >= 19 * 5000000


@test
def random_transfers(scratch):
    existing = scratch / "existing"
    existing.write_bytes(b"\xaa" * (64 << 10))
    probe = subprocess.run([LOAD, "randio", "--path", scratch, "--size", "64k", "--ops", "1"],
                           capture_output=True, text=True, timeout=120)
    if probe.returncode == 69 and "Invalid argument" in probe.stderr:
        # A tmpfs of an older kernel refuses O_DIRECT: then that must be the message everywhere.
        assert "cannot be opened" in probe.stderr
        return
    for more in ((), ("--write",), ("--threads", "3", "--block", "8k")):
        values = results("randio", "--path", scratch, "--size", "64k", "--ops", 40, *more)
        assert (values["ops"], values["errors"]) == (40, 0), more
    assert results("randio", "--path", existing, "--ops", 9)["ops"] == 9
    assert existing.read_bytes() == b"\xaa" * (64 << 10)
    refused = run("randio", "--path", existing, "--write", "--ops", 9, code=69)
    assert "--overwrite" in refused.stderr and existing.read_bytes() == b"\xaa" * (64 << 10)
    results("randio", "--path", existing, "--write", "--overwrite", "--ops", 9)
    assert existing.read_bytes() != b"\xaa" * (64 << 10)
    assert [path.name for path in scratch.iterdir()] == ["existing"]


@test
def an_existing_file_is_never_a_log(scratch):
    existing = scratch / "existing"
    existing.write_text("precious")
    assert "File exists" in run("fsync", "--path", existing, "--ops", 1, code=69).stderr
    assert existing.read_text() == "precious"


@test
def a_named_new_file_is_removed(scratch):
    results("fsync", "--path", scratch / "new", "--ops", 2)
    assert not list(scratch.iterdir())


@test
def files_of_a_power_cut_are_removed(scratch):
    ended = subprocess.Popen(["true"])
    ended.wait(60)
    (scratch / f"latgate-load-{ended.pid}.tmp").write_text("of an earlier boot")
    kept = ["latgate-load-.tmp", "latgate-load-1.tmp.txt", f"latgate-load-{os.getpid()}.tmp"]
    for name in kept:
        (scratch / name).write_text("not ours to remove")
    # The same number as in the earlier boot.
    script = 'echo old >"$1/latgate-load-$$.tmp" && exec "$0" fsync --path "$1" --ops 2'
    subprocess.run(["sh", "-c", script, LOAD, scratch], check=True, capture_output=True,
                   timeout=60)
    assert sorted(path.name for path in scratch.iterdir()) == sorted(kept)


@test
def files_are_removed_on_signals(scratch):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        process = subprocess.Popen([LOAD, "fsync", "--path", scratch, "--ops", "1000000000"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3000):
            if list(scratch.iterdir()):
                break
            time.sleep(0.01)
        assert [path.suffix for path in scratch.iterdir()] == [".tmp"]
        # The handlers are in place once the file has its contents.
        for _ in range(3000):
            if any(path.stat().st_size for path in scratch.iterdir()):
                break
            time.sleep(0.01)
        process.send_signal(number)
        process.communicate(timeout=60)
        assert process.returncode == -number
        assert not list(scratch.iterdir())


@test
def a_killed_pingpong_takes_its_peer_along(scratch):
    process = subprocess.Popen([LOAD, "pingpong", "--ops", "1000000000"])
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
    peer = None
    for _ in range(3000):
        peer = (children.read_text().split() or [None])[0]
        if peer:
            break
        time.sleep(0.01)
    assert peer
    process.kill()
    process.wait(60)
    for _ in range(3000):
        stat = pathlib.Path(f"/proc/{peer}/stat")
        if not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] in "ZX":
            return
        time.sleep(0.01)
    raise AssertionError("the peer still runs")


@test
def what_is_missing_is_named(scratch):
    missing = run("binder", "--dev", scratch / "binder", "--ops", 1, code=69)
    assert "load binder_linux" in missing.stderr and not missing.stdout
    (scratch / "file").write_text("")
    assert "cannot be used" in run("binder", "--dev", scratch / "file", code=69).stderr
    assert "cannot be created" in run("fsync", "--path", scratch / "a" / "b", code=69).stderr
    no_cpu = run("syscall", "--cpus", 1023, "--ops", 1, code=69)
    assert "CPU 1023" in no_cpu.stderr and not no_cpu.stdout


@test
def threads_get_the_real_time_policy(scratch):
    process = subprocess.Popen([LOAD, "sleep", "--ops", "2", "--threads", "2", "--ns",
                                "60000000000", "--fifo", "7"], stderr=subprocess.PIPE, text=True)
    try:
        for _ in range(3000):
            threads = [int(path.name) for path in
                       pathlib.Path(f"/proc/{process.pid}/task").iterdir()]
            if process.poll() is not None or len(threads) == 2 and all(
                    os.sched_getscheduler(thread) == os.SCHED_FIFO for thread in threads):
                break
            time.sleep(0.01)
        if process.poll() is not None:
            # Not everyone may: then that must be the message.
            message = process.stderr.read()
            assert process.returncode == 69, message
            assert "cannot run by SCHED_FIFO with priority 7" in message, message
            return
        assert [os.sched_getparam(thread).sched_priority for thread in threads] == [7, 7]
    finally:
        process.kill()
        process.communicate(timeout=60)


@test
def speed_is_reported_for_every_cpu(scratch):
    lines = run("speed", "--work", 1000, "--ns", 100000).stdout.splitlines()
    found = [re.fullmatch(r"([a-z0-9_]+): (\d+)", line) for line in lines]
    assert all(found), lines
    values = {match[1]: int(match[2]) for match in found}
    cpus = os.sched_getaffinity(0)
    assert values.pop("work") == 1000 and len(values) == 2 * len(cpus), values
    for cpu in cpus:
        assert 0 < values[f"cpu{cpu}_fastest_ns"] <= values[f"cpu{cpu}_mean_ns"], values
    one = run("speed", "--cpus", min(cpus), "--ns", 0, "--work", 1).stdout
    assert len(one.splitlines()) == 3
    assert "CPU 1023" in run("speed", "--cpus", 1023, code=69).stderr
    run("speed", "--ops", 1, code=64)


@test
def a_failed_operation_is_counted(scratch):
    # Writes beyond the limit fail with EFBIG once its signal is ignored.
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))

    existing = scratch / "existing"
    existing.write_bytes(b"\0" * 65536)
    done = subprocess.run([LOAD, "randio", "--path", existing, "--write", "--overwrite", "--ops",
                           "50", "--warmup", "0"], capture_output=True, text=True, timeout=120,
                          preexec_fn=limit)
    if done.returncode == 69 and "Invalid argument" in done.stderr:
        return
    assert done.returncode == 1, done
    errors = int(re.search(r"^errors: (\d+)$", done.stdout, re.M)[1])
    assert 0 < errors <= 50 and "ops: 50\n" in done.stdout
    assert f"{errors} operations failed" in done.stderr and "File too large" in done.stderr


@test
def wrong_usage(scratch):
    cases = [(), ("nothing",), ("spin", "--ops"), ("spin", "--ops", "0"), ("spin", "--ops", "1x"),
             ("spin", "--ops", "-1"), ("spin", "--path", "x"), ("spin", "--unknown", "1"),
             ("spin", "10"), ("spin", "--fifo", "100"), ("sleep", "--ns", "99999999999999999999"), ("syscall", "--cpus", ""),
             ("syscall", "--cpus", "0,"), ("pingpong", "--via", "smoke"),
             ("randio", "--block", "1000"), ("randio", "--write=1"),
             ("fsync", "--size", "99999999999g"), ("fsync", "--size", "17m")]
    for case in cases:
        done = run(*case, code=64)
        assert done.stderr and not done.stdout, case


@test
def help_teaches(scratch):
    text = run("--help").stdout
    names = re.findall(r"^  (\w+) +\S", text.split("commands:")[1], re.M)
    assert sorted(names[:12]) == names[:12] and len(names) >= 12
    for name in names[:12]:
        own = run(name, "--help").stdout
        loops = name != "speed"
        assert ("--ops" in own and "--rate" in own) == loops and "One operation" in own, name


def main():
    for function in TESTS:
        with tempfile.TemporaryDirectory(dir=os.environ.get("LATGATE_TEST_DIR")) as scratch:
            try:
                function(pathlib.Path(scratch))
                print("ok load:", function.__name__, flush=True)
            except Exception:
                print("FAILED load:", function.__name__, flush=True)
                traceback.print_exc()


main()
