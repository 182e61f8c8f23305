# SPDX-License-Identifier: ISC
# python.py WAY PROGRAM SOCKET: starts the witness by one of CPython's ways. Run by the leak matrix; holds
# secrets, and prints them in hexadecimal alone.
import multiprocessing
import os
import subprocess
import sys
import threading


def checked(status):
    sys.exit(status if status >= 0 else 1)


def waited(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def own():
    print("own KEY", os.environb[b"KEY"].hex(), flush=True)


def in_worker(command):
    sys.exit(subprocess.run(command).returncode)


def worker(method, command):
    process = multiprocessing.get_context(method).Process(target=in_worker, args=(command,))
    process.start()
    process.join()
    return process.exitcode


def pool(command):
    with multiprocessing.get_context("fork").Pool(2) as workers:
        return sum(workers.map(os.system, [" ".join(command)] * 2))


def in_thread(command):
    thread = threading.Thread(target=subprocess.run, args=(command,))
    thread.start()
    thread.join()
    return 0


def pipeline(command):
    first = subprocess.Popen(command, stdout=subprocess.PIPE)
    second = subprocess.Popen(command, stdin=first.stdout)
    return first.wait() + second.wait()


def forked(command):
    pid = os.fork()
    if pid == 0:
        os.execv(command[0], command)
    return waited(pid)


def on_path(command):
    os.environ["PATH"] = os.path.dirname(command[0]) + ":" + os.environ["PATH"]
    return [os.path.basename(command[0])] + command[1:]


def copied(command):
    own()
    renamed = {"COPY_OF_" + name: value for name, value in os.environ.items()}
    return subprocess.run(command, env={**dict(os.environ), **renamed}).returncode


def main():
    way, command = sys.argv[1], sys.argv[2:]
    line = " ".join(command)
    environment = dict(os.environ, ADDED="yes")
    ways = {
        "os.system": lambda: os.system(line),
        "os.popen": lambda: os.popen(line).close() or 0,
        "run": lambda: subprocess.run(command).returncode,
        "run-keep-fds": lambda: subprocess.run(command, close_fds=False).returncode,
        "run-env": lambda: subprocess.run(command, env=environment).returncode,
        "run-env-keep-fds": lambda: subprocess.run(command, env=environment, close_fds=False).returncode,
        "run-env-empty": lambda: subprocess.run(command, env={}).returncode,
        "run-env-filtered": lambda: subprocess.run(command, env={"PW": os.environ["PW"], "A": "1"}).returncode,
        "run-env-renamed": lambda: subprocess.run(command, env={"COPY": os.environ["KEY"]}).returncode,
        "run-env-copied": lambda: copied(command),
        "run-shell": lambda: subprocess.run(line + "; exit $?", shell=True).returncode,
        "run-shell-keep-fds": lambda: subprocess.run(line, shell=True, close_fds=False).returncode,
        "run-session": lambda: subprocess.run(command, start_new_session=True, cwd="/").returncode,
        "run-preexec": lambda: subprocess.run(command, preexec_fn=os.getpid).returncode,
        "run-thread": lambda: in_thread(command),
        "pipeline": lambda: pipeline(command),
        "os.execv": lambda: os.execv(command[0], command),
        "os.execve": lambda: os.execve(command[0], command, environment),
        "os.execvp": lambda: os.execvp("witness", on_path(command)),
        "os.execl": lambda: os.execl(command[0], *command),
        "fork-execv": lambda: forked(command),
        "os.spawnv": lambda: os.spawnv(os.P_WAIT, command[0], command),
        "os.posix_spawn": lambda: waited(os.posix_spawn(command[0], command, os.environ)),
        "os.posix_spawnp": lambda: waited(os.posix_spawnp("witness", on_path(command), environment)),
        "multiprocessing-fork": lambda: worker("fork", command),
        "multiprocessing-spawn": lambda: worker("spawn", command),
        "multiprocessing-forkserver": lambda: worker("forkserver", command),
        "pool": lambda: pool(command),
        "changed": lambda: (os.environ.update(KEY="changed", COPY=os.environ["KEY"]), os.system(line))[1],
    }
    checked(ways[way]())


if __name__ == "__main__":
    main()
