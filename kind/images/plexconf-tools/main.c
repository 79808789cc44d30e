/* plexconf-tools — the command line. Exit status: 0 done, 2 usage, 3 a Secret is missing (a Job's
 * podFailurePolicy ends at once on 3), 1 anything else. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/log.h"
#include "common/options.h"
#include "common/text.h"
#include "kind/images/plexconf-tools/tools.h"

enum { DONE = 0, FAILED = 1, USAGE = 2, MISSING = 3 };

static int usage(const char *what)
{
    fprintf(stderr,
            "plexconf-tools: %s\n"
            "usage: plexconf-tools announce NAME\n"
            "       plexconf-tools forward LISTEN TARGET\n"
            "       plexconf-tools preflight --root DIR --namespace NAME --remedy COMMAND "
            "SECRET[/KEY]…\n",
            what);
    return USAGE;
}

static int announce(int argc, char **argv)
{
    if (argc != 2)
        return usage("announce takes one name");
    const char *sentence = announcement_sentence(argv[1]);
    if (sentence == NULL) {
        const char *near = options_nearest(argv[1], announcement_names());
        fprintf(stderr, "plexconf-tools: nothing is called '%s'%s%s%s\n", argv[1],
                near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                near != NULL ? "'?" : "");
        return USAGE;
    }
    log_insecure_default(argv[1], sentence);
    return DONE;
}

static int forward(int argc, char **argv)
{
    struct forwarder *f;
    struct error e = { "" };
    if (argc != 3)
        return usage("forward takes where to listen and where to connect to");
    struct arena *a = arena_create();
    bool ok = forwarder_open(a, argv[1], argv[2], &f, &e);
    if (ok)
        log_line(LOG_INFO, "forwarding", "listen", argv[1], "target", argv[2], NULL);
    ok = ok && forwarder_run(f, &e);
    if (!ok)
        fprintf(stderr, "plexconf-tools: forward: %s\n", e.text);
    arena_destroy(a);
    return ok ? DONE : FAILED;
}

static int preflight(int argc, char **argv)
{
    struct preflight p = { .namespace_name = "default", .remedy = "" };
    struct error e = { "" };
    char **wanted;
    int n;
    const struct option_row rows[] = {
        { "root", 0, OPTION_TEXT, &p.root, "DIR", "where the Secrets are mounted", 0, 0 },
        { "namespace", 0, OPTION_TEXT, &p.namespace_name, "NAME", "theirs; printed only", 0, 0 },
        { "remedy", 0, OPTION_TEXT, &p.remedy, "COMMAND",
          "what makes a missing one; {secret} is its name", 0, 0 },
        { .name = NULL },
    };
    const struct option_table table = { .program = "plexconf-tools preflight",
                                        .synopsis = "[options] SECRET[/KEY]…",
                                        .rows = rows };
    switch (options_parse(&table, argc, argv, &wanted, &n, &e)) {
    case OPTIONS_HELP: return DONE;
    case OPTIONS_BAD: return usage(e.text);
    case OPTIONS_OK: break;
    }
    if (p.root == NULL || n == 0)
        return usage("preflight needs --root and a Secret");
    p.wanted = wanted;
    struct arena *a = arena_create();
    struct buffer out;
    buffer_init_arena(&out, 65536, a);
    bool ok = preflight_check(a, &p, &out);
    bool told = write_all(STDERR_FILENO, out.data, out.len);
    arena_destroy(a);
    return !ok ? MISSING : told ? DONE : FAILED;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2)
        return usage("what to do is missing");
    if (text_equal(argv[1], "announce"))
        return announce(argc - 1, argv + 1);
    if (text_equal(argv[1], "forward"))
        return forward(argc - 1, argv + 1);
    if (text_equal(argv[1], "preflight"))
        return preflight(argc - 1, argv + 1);
    return usage("no such command");
}
