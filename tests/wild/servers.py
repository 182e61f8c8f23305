# SPDX-License-Identifier: ISC
"""usage: servers.py gunicorn|puma|nginx. Starts that server by $RUN on loopback and plays its operator: load, workers
that are killed under it, a graceful reload, an upgrade of the running binary, an orderly end. Prints what came of it,
and nothing that differs from one run to the next. Has no secret itself; knows an answer is right by its digest."""
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time

PATIENCE = 30  # seconds that anything may take
RUN, WORK = os.environ["RUN"], os.environ["WORK"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


PORT = free_port()


def ask(path="/"):
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), int(answer.getheader("X-Worker"))
    finally:
        connection.close()


def is_up():
    try:
        return ask()[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def load(what, requests=200, threads=8, path="/", lossy=False, meanwhile=lambda: None):
    """Asks so often, from as many threads. lossy: a worker is killed meanwhile, so that a connection may break off and
    is tried again. Prints the answers, each kind once, and returns the workers that gave them."""
    kinds, workers, broken = set(), set(), []

    def client():
        for _ in range(requests // threads):
            for _ in range(20):
                try:
                    status, told, worker = ask(path)
                    break
                except (OSError, http.client.HTTPException) as error:
                    broken.append(error)
                    time.sleep(0.05)
            kinds.add((status, told))
            workers.add(worker)

    clients = [threading.Thread(target=client) for _ in range(threads)]
    for one in clients:
        one.start()
    meanwhile()
    for one in clients:
        one.join()
    told = ", ".join(f"{status} {text}" for status, text in sorted(kinds))
    print(f"{what}: {requests // threads * threads} answers: {told}", flush=True)
    if broken and not lossy:
        print(f"{what}: {len(broken)} connections broke off: {broken[0]!r}")
    return workers


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def pid_in(path):
    text = read(path).strip()
    return int(text) if text else 0


def is_gone(pid):
    try:
        os.kill(pid, 0)
        return False
    except ProcessLookupError:
        return True


def workers_are(wanted):
    """Have all workers been seen to meet the condition, in as many answers as find each one?"""
    return all(wanted(ask()[2]) for _ in range(40))


def kill_workers(workers):
    def kill():
        for worker in sorted(workers)[:2]:
            time.sleep(0.05)
            os.kill(worker, signal.SIGKILL)
    return kill


class Server:
    """One that runs in the background of a shell that goes away once it is up: nginx upgrades itself only after
    it has lost its parent."""

    def __init__(self, command, pid_file):
        with open("server.out", "wb") as out:
            shell = subprocess.Popen(["sh", "-c", '"$@" & read _', "sh", RUN] + command, stdin=subprocess.PIPE,
                                     stdout=out, stderr=out, start_new_session=True)
        self.group = shell.pid
        self.pid_file = pid_file
        self.until("start", lambda: is_up() and pid_in(pid_file))
        self.pid = pid_in(pid_file)
        shell.communicate()

    def until(self, what, condition):
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                print(f"{what}: not after {PATIENCE} s\n{read('server.out')}{read('server.log')}", flush=True)
                os.killpg(self.group, signal.SIGKILL)
                sys.exit(1)
            time.sleep(0.02)

    def signal(self, number):
        os.kill(self.pid, number)

    def end(self, what, number):
        self.signal(number)
        self.until(what, lambda: is_gone(self.pid))
        print(what)

    def serve_and_lose_workers(self):
        workers = load("load")
        load("load while workers are killed", lossy=True, meanwhile=kill_workers(workers))
        self.until("new workers", lambda: workers_are(lambda worker: worker not in sorted(workers)[:2]))
        load("load after it")

    def reload(self, number, what):
        old = load("load before it")
        load(what, lossy=True, meanwhile=lambda: self.signal(number))
        self.until(what, lambda: workers_are(lambda worker: worker not in old))
        load("load after it")

    def upgrade(self, new_pid_file):
        """A new master beside the old one, then only the new one."""
        load("upgrade", meanwhile=lambda: self.signal(signal.SIGUSR2))
        self.until("upgrade", lambda: pid_in(new_pid_file) not in (0, self.pid))
        master = pid_in(new_pid_file)
        time.sleep(1)
        load("load of both")
        self.end("old master ended", signal.SIGQUIT)
        self.until("takeover", lambda: pid_in(self.pid_file) == master)
        self.pid = master
        load("load of the new master")


def gunicorn():
    server = Server(["gunicorn", "--bind", f"127.0.0.1:{PORT}", "--workers", "4", "--pid", "server.pid",
                     "--graceful-timeout", "10", "app:application"], "server.pid")
    load("children", requests=40, path="/child")
    server.serve_and_lose_workers()
    server.reload(signal.SIGHUP, "graceful reload")
    server.upgrade("server.pid.2")
    load("children", requests=40, path="/child")
    server.end("ended", signal.SIGTERM)


def puma():
    server = Server(["puma", "--bind", f"tcp://127.0.0.1:{PORT}", "--workers", "3", "--threads", "1:4", "--pidfile",
                     "server.pid", "config.ru"], "server.pid")
    load("children", requests=40, path="/child")
    server.serve_and_lose_workers()
    server.reload(signal.SIGUSR1, "phased restart")
    server.reload(signal.SIGUSR2, "restart, by an exec of itself")
    load("children", requests=40, path="/child")
    server.end("ended", signal.SIGTERM)


def nginx():
    with open("nginx.conf", encoding="utf-8") as file:
        text = file.read().replace("@PORT@", str(PORT)).replace("@WORK@", WORK)
    with open("server.conf", "w", encoding="utf-8") as file:
        file.write(text)
    server = Server([f"{WORK}/nginx/nginx.sh", "-c", f"{WORK}/nginx/server.conf", "-e", f"{WORK}/nginx/server.log"],
                    "server.pid")
    server.serve_and_lose_workers()
    server.reload(signal.SIGHUP, "graceful reload")
    server.upgrade("server.pid")
    server.end("ended", signal.SIGQUIT)
    print(read("starts"), end="")


os.chdir(os.path.join(WORK, sys.argv[1]))
{"gunicorn": gunicorn, "puma": puma, "nginx": nginx}[sys.argv[1]]()
