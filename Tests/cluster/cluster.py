"""Runs collectors over a ClickHouse cluster through faults; see Tests/cluster/run."""

import argparse
import datetime
import hashlib
import http.client
import json
import os
import pathlib
import random
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "collector"))

import report as reports  # noqa: E402
from collector import ANSWER_LIMIT, Collector  # noqa: E402

CAMPAIGN = "disk-1"
OFFERED = 500_000
DAYS = range(-2, 3)
WORKERS = 4
WAIT_LIMIT = 240


class Cluster:
    """ci/cluster and its directory."""

    def __init__(self, directory):
        self.directory = directory

    def do(self, *words):
        done = subprocess.run([HERE.parent.parent / "ci" / "cluster", *words, self.directory],
                              capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"ci/cluster {words}: {done.stdout}{done.stderr}")
        return done.stdout

    def up(self):
        """Returns the address for --index."""
        return self.do("up").splitlines()[-1].removeprefix("index: ")

    def empty(self):
        """As if it were new: neither the servers nor ZooKeeper know of any table."""
        self.do("down")
        for data in (*pathlib.Path(self.directory).glob("s?r?/data"),
                     pathlib.Path(self.directory, "zookeeper/data")):
            shutil.rmtree(data)


class Fleet:
    """Devices that send to any of the collectors, and keep what was not answered with 200."""

    def __init__(self, collectors, names, rng):
        self.collectors = collectors
        self.names = names
        self.rng = rng
        self.lock = threading.Lock()
        # What the oracle knows: events of each report that was answered with 200, by device and id.
        self.acknowledged = {}
        self.sent = {}
        self.cut = self.replayed = self.failed = self.both = 0
        self.wrong = []

    def bodies(self, number):
        """One report a day. The second arm becomes slower with the new firmware."""
        arm = number % 2
        rng = random.Random(number)
        incarnation = rng.randbytes(8)
        for sequence, day in enumerate(DAYS):
            new = arm == 1 and day >= 0
            middle = 200 + number % 11 + rng.randrange(3) + (4 if new else 0)
            counts = {middle + step: 1 + 20 - abs(step) for step in range(-20, 21)}
            yield reports.report(
                campaign=CAMPAIGN, incarnation=incarnation, sequence=sequence, arm=arm,
                build="B2" if new else "B1", model=f"model-{number % 3}", started=OFFERED + 24 * day,
                uptime=9000, window=600,
                histograms=[(1, 0x20, "", 0, 0, counts)]), sum(counts.values())

    def run(self):
        queue = list(range(len(self.names)))
        self.rng.shuffle(queue)
        threads = [threading.Thread(target=self.work, args=(queue, random.Random(self.rng.random())), daemon=True)
                   for _ in range(WORKERS)]
        for thread in threads:
            thread.start()
        return threads

    def work(self, queue, rng):
        while True:
            with self.lock:
                if not queue:
                    return
                number = queue.pop()
            spool = list(self.bodies(number))
            for body, events in spool:
                with self.lock:
                    self.sent[number, reports.report_id(body)] = events
            # In any order, as after an outage.
            rng.shuffle(spool)
            done = []
            while spool:
                try:
                    self.visit(number, spool, done, rng)
                except (OSError, http.client.HTTPException):
                    self.failed += 1
                    time.sleep(0.02)

    def visit(self, number, spool, done, rng):
        """A connection to one of the collectors, until it is cut."""
        collector = rng.choice(self.collectors)
        port = collector.port
        if port is None:
            raise OSError
        name = self.names[number]
        directory = pathlib.Path(collector.directory, "trial")
        tls = ssl.create_default_context(cafile=str(directory / "authority.pem"))
        tls.load_cert_chain(str(directory / f"{name}.pem"), str(directory / f"{name}.key"))
        connection = http.client.HTTPSConnection("localhost", port, timeout=ANSWER_LIMIT, context=tls)
        try:
            while spool:
                choice = rng.random()
                if choice < 0.05 and done:
                    self.replayed += 1
                    self.put(connection, rng.choice(done)[0])
                    continue
                body, events = spool[-1]
                if choice < 0.15:
                    # Cut after the request: stored or not, the device does not know.
                    self.send(connection, body)
                    self.cut += 1
                    return
                self.put(connection, body)
                with self.lock:
                    self.acknowledged[number, reports.report_id(body)] = events
                done.append(spool.pop())
                if choice < 0.3:
                    return
        finally:
            connection.close()

    @staticmethod
    def send(connection, body):
        connection.request("PUT", f"/v1/reports/{reports.report_id(body)}", body)

    def put(self, connection, body):
        self.send(connection, body)
        answer = connection.getresponse()
        answer.read(1024)
        if answer.status == 503:
            raise OSError
        if answer.status != 200:
            self.wrong.append(f"status {answer.status}")


class Story:
    def __init__(self, options, scratch):
        self.options = options
        self.scratch = scratch
        self.latgate = str(pathlib.Path(options.programs, "latgate").resolve())
        self.program = str(pathlib.Path(options.programs, "latgate-collector").resolve())
        self.problems = []

    def check(self, what, holds):
        if not holds:
            self.problems.append(what)

    def tool(self, *words, codes=(0,)):
        done = subprocess.run(words, capture_output=True)
        if done.returncode not in codes:
            sys.exit(f"{words}: exit {done.returncode}: {done.stdout.decode()} {done.stderr.decode()}")
        return done.stdout

    def publish(self):
        """A repository with the campaign."""
        repository, keys, draft = (f"{self.scratch}/{name}" for name in ("repository", "keys", "draft"))
        signed = ("--repository", repository, "--keys", keys)
        share = ("--share", str(HERE.parent.parent))
        self.tool(self.latgate, "campaign", "keys", "create", *signed)
        self.tool(self.latgate, "campaign", "create", CAMPAIGN, "--probe", "fsync", "--tier", "T0", "--out",
                  draft, *share)
        self.tool(self.latgate, "campaign", "sign", draft, *signed)
        self.tool(self.latgate, "campaign", "publish", *signed)
        return repository

    def verdict(self, repository, place):
        """What is exported of an index, and what the judge prints."""
        export = self.tool(self.program, "export", "--campaign", CAMPAIGN, "--data", self.directories[0], "--index",
                           place)
        offered = datetime.datetime.fromtimestamp(OFFERED * 3600, datetime.timezone.utc)
        times = [time.strftime("%Y-%m-%dT%H:%M:%SZ") for time in (offered, offered + datetime.timedelta(hours=72))]
        verdict = self.tool(
            self.latgate, "campaign", "judge", CAMPAIGN, "--repository", repository, "--build", "B2",
            "--index", place.removeprefix("sqlite:"), "--silence", "48h", "--offered", times[0], "--as-of", times[1],
            "--format", "json", codes=(0, 1, 2, 3))
        return export, verdict

    def start(self, collector):
        collector.port = collector.start()

    def faults(self, fleet, threads):
        """Kills, each when so many reports were answered."""
        whole = len(fleet.names) * len(DAYS)
        one, two = self.collectors

        def restart(collector):
            collector.port = None
            collector.kill()
            self.start(collector)

        steps = [
            (0.08, "kill -9 of s1r2", lambda: self.cluster.do("kill", "s1r2")),
            (0.25, "s1r2 is back", lambda: self.cluster.do("start", "s1r2")),
            (0.35, "kill -9 of the second collector", lambda: restart(two)),
            (0.45, "kill -9 of s2r1 and of s1r1", lambda: (self.cluster.do("kill", "s2r1"),
                                                           self.cluster.do("kill", "s1r1"))),
            (0.60, "kill -9 of the first collector, while they are away", lambda: restart(one)),
            (0.75, "s1r1 and s2r1 are back", lambda: (self.cluster.do("start", "s2r1"),
                                                      self.cluster.do("start", "s1r1"))),
            (0.85, "kill -9 of all four", lambda: [self.cluster.do("kill", name)
                                                   for name in ("s1r1", "s1r2", "s2r1", "s2r2")]),
            (0.95, "all four are back", lambda: self.cluster.up()),
        ]
        for share, what, act in steps:
            self.wait(lambda: len(fleet.acknowledged) >= share * whole, f"{share:.0%} of the reports")
            print(f"{len(fleet.acknowledged)} answered: {what}", flush=True)
            act()
        for thread in threads:
            thread.join(WAIT_LIMIT)
        self.check("devices did not end", not any(thread.is_alive() for thread in threads))

    def wait(self, condition, what):
        until = time.monotonic() + WAIT_LIMIT
        while not condition():
            if time.monotonic() > until:
                sys.exit(f"waited in vain for {what}")
            time.sleep(0.02)

    def followed(self, collector):
        """Whether the index has all that the collector's log has."""
        connection = http.client.HTTPConnection("127.0.0.1", collector.operators, timeout=ANSWER_LIMIT)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        return all(float(values[f"latgate_collector_index_{name}_behind"]) == 0 for name in ("segments", "bytes"))

    def compare(self, export, fleet):
        """The export against what the devices were answered."""
        stored = {}
        for line in export.splitlines():
            entry = json.loads(line)
            events = sum(count for histogram in entry["histograms"] for _, count in histogram["buckets"])
            self.check(f"counted twice: {entry['id']}", (entry["device"], entry["id"]) not in stored)
            stored[entry["device"], entry["id"]] = events
        known = sorted((name, events) for (_, name), events in fleet.acknowledged.items())
        found = sorted((name, events) for (_, name), events in stored.items())
        lost = len(set(known) - set(found))
        self.check("what is stored is not what was answered", known == found)
        self.check("not all were answered", len(fleet.acknowledged) == len(fleet.sent))
        print(f"answered {len(known)}, stored {len(found)}, cut before the answer {fleet.cut}, replayed "
              f"{fleet.replayed}, failed visits {fleet.failed}")
        print(f"answered and lost {lost}, counted twice {len(found) - len(set(found))}")

    def run(self, rng):
        options = self.options
        self.directories = [f"{self.scratch}/collector-{number}" for number in (1, 2)]
        key = rng.randbytes(32)
        for directory in self.directories:
            pathlib.Path(directory).mkdir()
            pathlib.Path(directory, "pseudonym.key").write_bytes(key)
        self.cluster = Cluster(f"{self.scratch}/cluster")
        place = self.cluster.up()
        try:
            self.collectors = [
                Collector(self.program, directory, "--devices", str(options.devices), "--quota", "1000000",
                          "--segment", "64", "--index", place) for directory in self.directories]
            for collector in self.collectors:
                collector.port = None
                self.start(collector)
            self.story(rng, place)
        finally:
            for collector in getattr(self, "collectors", []):
                if collector.process and collector.process.poll() is None:
                    collector.process.kill()
            self.cluster.do("remove")

    def story(self, rng, place):
        names = [f"device-{number + 1}" for number in range(self.options.devices)]
        fleet = Fleet(self.collectors, names, rng)
        begun = time.monotonic()
        self.faults(fleet, fleet.run())
        print(f"sent in {time.monotonic() - begun:.0f} s", flush=True)
        self.problems += fleet.wrong[:5]
        # By itself, although nothing comes any more.
        self.wait(lambda: all(self.followed(collector) for collector in self.collectors), "the index")
        for collector in self.collectors:
            collector.stop()
        repository = self.publish()
        both = ("--data", self.directories[0], "--also", self.directories[1])
        verified = self.tool(self.program, "verify", *both, "--index", place)
        export, verdict = self.verdict(repository, place)
        self.compare(export, fleet)
        self.check("the judge found nothing", json.loads(verdict)["verdict"]["outcome"] == "stop")
        found = {"cluster": (export, verdict)}

        file = f"sqlite:{self.scratch}/all.sqlite"
        self.tool(self.program, "rebuild", *both, "--index", file)
        found["SQLite"] = self.verdict(repository, file)
        found["chdb"] = self.current(repository, both)

        self.cluster.empty()
        self.check("the address changed", self.cluster.up() == place)
        begun = time.monotonic()
        self.tool(self.program, "rebuild", *both, "--index", place)
        print(f"filled the emptied cluster from the logs in {time.monotonic() - begun:.1f} s")
        found["emptied cluster"] = self.verdict(repository, place)
        self.check("verify says something else",
                   self.tool(self.program, "verify", *both, "--index", place) == verified)
        print(verified.decode(), end="")
        for name, one in found.items():
            if one is None:
                print(f"{name}: is not installed")
                continue
            digests = [hashlib.sha256(part).hexdigest()[:16] for part in one]
            print(f"{name}: export {digests[0]}, verdict {digests[1]}")
            self.check(f"{name}: another export", one[0] == export)
            self.check(f"{name}: another verdict", one[1] == verdict)

    def current(self, repository, both):
        """The same from a current engine; None where there is none."""
        cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
        python = pathlib.Path(os.environ.get("LATGATE_READERS", cache / "latgate/readers"), "bin/python3")
        if not python.exists() or subprocess.run([python, "-c", "import chdb"], capture_output=True).returncode:
            return None
        directory = f"{self.scratch}/chdb"
        os.mkdir(directory)
        with (open(f"{directory}/errors", "wb") as errors,
              subprocess.Popen([python, HERE / "chdb_server.py", directory], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=errors) as server):
            place = f"clickhouse://127.0.0.1:{int(server.stdout.readline())}/latgate"
            self.tool(self.program, "rebuild", *both, "--index", place)
            found = self.verdict(repository, place)
            server.stdin.close()
        return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", required=True)
    parser.add_argument("-d", type=int, default=600, dest="devices")
    parser.add_argument("-s", type=int, default=random.SystemRandom().randrange(1 << 32), dest="seed")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="latgate-cluster-") as scratch:
        story = Story(options, scratch)
        story.run(random.Random(options.seed))
    for line in story.problems[:20]:
        print(f"FAILED: {line}", file=sys.stderr)
    sys.exit(1 if story.problems else 0)


if __name__ == "__main__":
    main()
