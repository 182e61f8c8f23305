/* SPDX-License-Identifier: ISC */
/*
 * expansions SECTION: wordexp of many texts with many flags, and what came of it. What is printed follows
 * from the environment alone, so two runs that print the same have behaved the same.
 */
#include <stdio.h>
#include <string.h>
#include <wordexp.h>

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
}

static void show(const char *text, int flags, int result, const wordexp_t *words)
{
    printf("[%s] %x: %d\n", text, (unsigned)flags, result);
    if (result != 0)
        return;
    printf("  %zu, %zu before\n", words->we_wordc, words->we_offs);
    for (size_t i = 0; i < words->we_wordc; i++)
        printf("  <%s>\n", words->we_wordv[words->we_offs + i]);
    printf("  ends %d\n", words->we_wordv[words->we_offs + words->we_wordc] == NULL);
}

static void expand(const char *text, int flags)
{
    wordexp_t words = {.we_offs = 2};
    int result = wordexp(text, &words, flags);
    show(text, flags, result, &words);
    if (result == 0)
        wordfree(&words);
}

static int run_wordexp(void)
{
    static const char *const texts[] = {
        "",
        "  ",
        "a b",
        "a 'b c' \"d e\"",
        "$PLAIN",
        "$(echo $PLAIN)",
        "`echo $PLAIN` x",
        "\"$(echo a  b)\"",
        "x$(echo a b)y",
        "$(printf 'a\\nb\\n\\n')",
        "*.txt",

        "'*.txt'$(true)",
        "$((1 + 2 * (3)))",
        "$(echo $((4)) '$((5)')",
        "$(case x in (x) echo y;; esac)",
        "a\\ b$(true)",
        "\"a $(echo \"b  c\") d\"",
        "$(echo `echo nested`)",
        "$(exit 3)",
        "$NONE$(echo)x",
        "''$(true)",
        "~/x$(true)",
        "${PLAIN:-none} $(true)",
        "${NONE:-$(echo default)}",
        "'a\nb'$(true)",
        "$(echo a;echo b|cat)",
        "a=b $(echo c=d)",
        "x\\#y$(true)",
        "$(cat)",
        "%s\\\\0 \"%d\" $(true)",
#ifdef __GLIBC__ /* not looked at in musl's own, */
        "a | b",
        "$(true); b",
        "(a)",
        "a > b $(true)",
        "a\nb$(true)",
        "{a}$(true)",
        "a $(true) #b",
        "#$(echo c)",
#else /* nor what a command has said, in glibc's own */
        "$(echo '*.txt')",
#endif
        "'a$(true)",
        "\"a$(true)",
        "$(true",
        "`true",
        "$(true) \\",
        "${PLAIN $(true)",
    };
    put("a.txt", "");
    put("b c.txt", "");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expand(texts[i], 0);
    for (size_t i = 0; i < 6; i++) {
        expand(texts[i], WRDE_NOCMD);
        expand(texts[i], WRDE_DOOFFS);
    }
    expand("$PLAIN$(true)", WRDE_UNDEF);
    expand("$NONE$(echo x)", 0);
    expand("`true`", WRDE_NOCMD);
    expand("$(echo said >&2)", WRDE_SHOWERR);
    expand("$(echo not said >&2)", 0);
    wordexp_t words = {.we_offs = 3};
    show("one", 0, wordexp("one $(echo two)", &words, WRDE_DOOFFS), &words);
    show("more", 0, wordexp("$(echo more) 'and more'", &words, WRDE_DOOFFS | WRDE_APPEND), &words);
    show("bad", 0, wordexp("'$(true)", &words, WRDE_DOOFFS | WRDE_APPEND), &words);
    show("last", 0, wordexp("last", &words, WRDE_DOOFFS | WRDE_APPEND), &words);
    show("again", 0, wordexp("$(echo again)", &words, WRDE_DOOFFS | WRDE_REUSE), &words);
    wordfree(&words);
    fclose(stdin);
    fclose(fopen("/dev/null", "r"));
    expand("$(echo without) input", 0);
    return 0;
}

/* Not to be compared: where libc's own is not as one would have it. */
static int run_own(void)
{
    expand("in-the-argument-list $(tr '\\0' ' ' < /proc/$$/cmdline | grep -c in-the-argument-list)", 0);
    expand("a $(true) #b", 0);
    expand("#$(echo c)", 0);
    expand("$(true) | b", 0);
    expand("{a}", 0);
    expand("$NONE$(true)", WRDE_UNDEF);
    expand("${PLAIN:+x}", WRDE_NOCMD);
    expand("\"${PLAIN:+'$(echo x)'}\"", WRDE_NOCMD);
    expand("$((true) | cat)", WRDE_NOCMD);
    expand("$((1))", WRDE_NOCMD);
    return 0;
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 2 && strcmp(argv[1], "all") == 0)
        return run_wordexp();
    return argc == 2 && strcmp(argv[1], "own") == 0 ? run_own() : 99;
}
