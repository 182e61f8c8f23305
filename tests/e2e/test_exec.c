/* SPDX-License-Identifier: ISC */
/* Hand-over at exec where something is scarce, missing or odd. What each way of starting a program does is in
 * tests/matrix. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/program.h"
#include "support/store.h"

TestSuite(exec, .init = scratch_begin, .fini = scratch_end, .timeout = 300);

#define VALUE "xk-exec-0123456789abcdef"

static void prepare(void)
{
    store_make_text("store", "[default]\nTOKEN = " VALUE "\nPIN = 1234\n"
                             "[strict]\n.include = default\n.memory = secret\n"
                             "[none]\n.include = default\n.inherit = none\n");
}

static void check_prints(const char *expected, struct outcome run)
{
    check_status(run, 0);
    cr_expect_str_eq(run.out, expected, "printed %s\n%s", run.out, run.err);
    outcome_free(&run);
}

/* All descriptors are in use, and close-on-exec: a plain exec needs none. */
#define PYTHON_USES_UP                                                                                       \
    "import os, resource, sys\n"                                                                             \
    "resource.setrlimit(resource.RLIMIT_NOFILE, (64, int(sys.argv[1])))\n"                                   \
    "try:\n"                                                                                                 \
    "    while True: os.open('/dev/null', os.O_RDONLY)\n"                                                    \
    "except OSError: pass\n"                                                                                 \
    "os.execv('/bin/sh', ['sh', '-c', 'ulimit -n; echo $TOKEN'])\n"

Test(exec, finds_room_where_every_descriptor_is_in_use)
{
    prepare();
    put_file("uses-up.py", PYTHON_USES_UP, strlen(PYTHON_USES_UP));
    check_prints("64\n" VALUE "\n", shell("secrun -d store -- /usr/bin/python3 uses-up.py 128"));
}

Test(exec, fails_as_open_would_where_there_is_no_room)
{
    prepare();
    put_file("uses-up.py", PYTHON_USES_UP, strlen(PYTHON_USES_UP));
    /* Who may raise the hard limit has room. */
    struct outcome run = shell("secrun -d store -- %s /usr/bin/python3 uses-up.py 64",
                               geteuid() == 0 ? "setpriv --bounding-set=-sys_resource" : "");
    check_status(run, 1);
    cr_expect_str_eq(run.out, "");
    cr_expect(holds(run.err, run.err_size, "Too many open files"), "%s", run.err);
    outcome_free(&run);
}

Test(exec, uses_the_fallback_where_a_filter_came_in_between)
{
    prepare();
    check_prints(VALUE "\n1234\n",
                 shell("secrun -d store -- %s memfd_secret 38 /bin/sh -c 'printenv TOKEN PIN'",
                       program("without-call")));
}

Test(exec, refuses_the_fallback_where_policy_does)
{
    prepare();
    if (!store_has_secret_memory("store"))
        return;
    struct outcome run = shell("secrun -d store -p strict -- %s memfd_secret 38 /usr/bin/printenv TOKEN",
                               program("without-call"));
    check_status(run, 99);
    cr_expect_str_eq(run.out, "");
    cr_expect(holds(run.err, run.err_size, "Function not implemented"), "%s", run.err);
    outcome_free(&run);
}

/* The block is too large for the stack then. */
Test(exec, hands_over_among_ten_thousand_variables)
{
    prepare();
    check_prints("10000 " VALUE "\n",
                 shell("secrun -d store -- /usr/bin/python3 -c 'import os, subprocess\n"
                       "env = dict(os.environ, **{\"V%%d\" %% i: \"x\" for i in range(10000)})\n"
                       "subprocess.run([\"/usr/bin/python3\", \"-c\", \"import os; print(sum(k[0] == chr(86) "
                       "and k[1:].isdigit() for k in os.environ), os.environ[chr(84) + chr(79) + chr(75) + "
                       "chr(69) + chr(78)])\"], env=env)'"));
}

Test(exec, tells_what_a_program_is_not_given_when_asked_to)
{
    prepare();
    struct outcome run = shell("secrun -d store -p none -v -- /bin/sh -c '/usr/bin/env; true' 2>&1 >out");
    check_status(run, 0);
    cr_expect(holds(run.out, run.out_size,
                    "secrun: /usr/bin/env: not among those that inherit: runs without TOKEN and 1 more\n"),
              "%s", run.out);
    outcome_free(&run);
    run = shell("grep -cE 'TOKEN|PIN|SECRUN_CAPSULE|LD_PRELOAD' out");
    cr_expect_str_eq(run.out, "0\n");
    outcome_free(&run);
}

Test(exec, says_nothing_of_it_otherwise)
{
    prepare();
    struct outcome run = shell("secrun -d store -p none -- /bin/sh -c '/usr/bin/env; true' 2>&1 >out");
    check_status(run, 0);
    cr_expect_str_eq(run.out, "");
    outcome_free(&run);
}

/* A child that is number 1 of a new PID namespace is not the process 1 that got the secrets. */
Test(exec, knows_process_1_from_another_process_1)
{
    if (geteuid() != 0)
        return;
    prepare();
    check_prints("mine " VALUE "\nchild\nmine " VALUE "\n",
                 shell("unshare --pid --fork --mount-proc secrun -d store -p none -- /bin/sh -c '"
                       "exec /bin/sh -c \"echo mine \\$TOKEN; unshare --pid --fork /bin/sh -c \\\"echo child "
                       "\\\\\\$TOKEN\\\"; exec /bin/sh -c \\\"echo mine \\\\\\$TOKEN\\\"\"'"));
}

Test(exec, starts_a_program_without_secrets_where_its_root_has_no_shim)
{
    if (geteuid() != 0)
        return;
    prepare();
    struct outcome run =
        shell("mkdir -p root/bin root/lib root/lib64 root/usr && unshare -m sh -c '"
              "for d in bin lib lib64 usr; do mount --bind /$d root/$d; done && "
              "secrun -d store -v -- chroot root /usr/bin/env 2>&1 | grep -E \"TOKEN|PIN|SECRUN|LD_|no /\"'");
    cr_expect(holds(run.out, run.out_size, "where it runs: runs without TOKEN and 1 more"), "%s", run.out);
    cr_expect_not(holds(run.out, run.out_size, VALUE));
    outcome_free(&run);
}

/* The number of a process is not the process: here another has it, in a namespace of its own. */
#define PYTHON_SAME_NUMBER                                                                                   \
    "import ctypes, os\n"                                                                                    \
    "def fork(what):\n"                                                                                      \
    "    pid = os.fork()\n"                                                                                  \
    "    if pid == 0: what()\n"                                                                              \
    "    os.waitpid(pid, 0)\n"                                                                               \
    "def second(): os.execv('/bin/sh', ['sh', '-c', 'echo $$ [$TOKEN]'])\n"                                  \
    "def first(): fork(second); os._exit(0)\n"                                                               \
    "number = os.getpid()\n"                                                                                 \
    "ctypes.CDLL(None).unshare(0x20000000)\n"                                                                \
    "fork(first)\n"                                                                                          \
    "os.execv('/bin/sh', ['sh', '-c', 'echo %d [$TOKEN]' % number])\n"

Test(exec, knows_a_process_from_another_of_its_number)
{
    if (geteuid() != 0)
        return;
    prepare();
    put_file("same-number.py", PYTHON_SAME_NUMBER, strlen(PYTHON_SAME_NUMBER));
    check_prints("2 []\n2 [" VALUE "]\n",
                 shell("unshare --pid --fork --mount-proc /bin/sh -c "
                       "'secrun -d store -p none -- /usr/bin/python3 same-number.py; true'"));
}

#define PYTHON_BROKEN_PIPE                                                                                   \
    "import os, subprocess\n"                                                                                \
    "r, w = os.pipe()\n"                                                                                     \
    "child = subprocess.Popen(['/bin/sh', '-c', 'read line; exec /bin/echo $TOKEN'], "                       \
    "stdin=subprocess.PIPE,\n"                                                                               \
    "                         stdout=subprocess.DEVNULL, stderr=w)\n"                                        \
    "os.close(r)\n"                                                                                          \
    "os.close(w)\n"                                                                                          \
    "child.communicate(b'go\\n')\n"                                                                          \
    "print(child.returncode)\n"

Test(exec, a_warning_that_nobody_reads_ends_no_program)
{
    prepare();
    put_file("broken-pipe.py", PYTHON_BROKEN_PIPE, strlen(PYTHON_BROKEN_PIPE));
    check_prints("0\n", shell("secrun -d store -- /usr/bin/python3 broken-pipe.py"));
}

Test(exec, shows_no_value_that_a_program_has_made_a_name_or_a_path)
{
    prepare();
    struct outcome run = shell("mkdir -p d/" VALUE " && cp /usr/bin/env d/" VALUE "/ && "
                               "secrun -d store -p none -v -- /usr/bin/python3 -c 'import os, subprocess\n"
                               "token = os.environ[\"TOKEN\"]\n"
                               "subprocess.run([\"d/\" + token + \"/env\"], env={token: token})' 2>&1");
    check_status(run, 0);
    cr_expect(holds(run.out, run.out_size, "runs without TOKEN"), "%s", run.out);
    cr_expect(holds(run.out, run.out_size, "a program whose path holds a secret"), "%s", run.out);
    cr_expect_not(holds(run.out, run.out_size, VALUE), "%s", run.out);
    outcome_free(&run);
}

Test(exec, hands_over_below_a_limit_of_file_sizes)
{
    prepare();
    check_prints(VALUE "\n",
                 shell("(ulimit -S -f 0; exec secrun -d store -- /bin/sh -c 'printenv TOKEN; true') | cat"));
}

Test(exec, runs_secrun_as_the_command_of_secrun)
{
    prepare();
    store_make_text("other", "[default]\nOTHER = other-value-0123\nPIN = 5678\n");
    check_prints(VALUE "\nother-value-0123\n5678\n",
                 shell("secrun -d store -- secrun -d other -- printenv TOKEN OTHER PIN"));
}

/* It would end itself if anything were loaded before its own runtime. */
Test(exec, injects_into_a_program_under_address_sanitizer)
{
    static const char source[] = "#include <stdio.h>\n#include <stdlib.h>\nint main(void) { "
                                 "puts(getenv(\"TOKEN\") ? \"it\" : \"none\"); }\n";
    prepare();
    put_file("asan.c", source, sizeof source - 1);
    struct outcome run =
        shell("gcc -fsanitize=address -o asan asan.c && secrun -d store -- sh -c './asan; echo $?' "
              "&& secrun -d store -- ./asan && secrun -d store -n -- ./asan");
    check_status(run, 0);
    cr_expect(holds(run.out, run.out_size, "it\n0\nit\n"), "%s", run.out);
    cr_expect(holds(run.out, run.out_size, "AddressSanitizer, which has to be loaded first"), "%s", run.out);
    cr_expect_str_eq(run.err, "");
    outcome_free(&run);
}

/* With static = withhold it gets none if the shim takes its loader for neither libc's. */
Test(exec, knows_a_loader_by_the_file_that_a_link_leads_to)
{
    store_make_text("store", "[default]\nTOKEN = " VALUE "\nTOKEN.static = withhold\n");
    check_prints("2\n" VALUE "\n" VALUE "\n",
                 shell("set -e; printf '%%s\\n' '#include <stdio.h>' '#include <stdlib.h>' \\\n"
                       "'int main(void) { return puts(getenv(\"TOKEN\") ? getenv(\"TOKEN\") : \"none\") < 0; "
                       "}' >main.c\n"
                       "loader=$(readelf -lW /bin/sh | sed -n 's/.*interpreter: \\(.*\\)]/\\1/p')\n"
                       "ln -s \"$loader\" second; ln -s second own\n"
                       "cc -Wl,--dynamic-linker=$PWD/own -o program main.c\n"
                       "readelf -lW program | grep -c \"$PWD/own\\|INTERP\"\n"
                       "secrun -d store -- ./program; secrun -d store -- /bin/sh -c './program; true'"));
}
