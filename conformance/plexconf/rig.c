#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/engine.h"
#include "harness/rig.h"
#include "plexconf/commands.h"

#define STATE_CAP 4096
#define DOWN_SECONDS 20

static const char footer[] =
    "  up        brings the rig up and stays in the foreground until Ctrl-C; says how to use it\n"
    "  down      ends a rig that `up` holds in another terminal, and waits until it is gone\n"
    "  status    one line for each rig of this account\n\n"
    "  plexconf rig up &\n"
    "  curl http://127.0.0.1:PORT/readyz\n"
    "  plexconf rig down\n\n"
    "`up` prints how to mint an operator's token and where to read how to bring an agent to it.\n"
    "Exit codes: 0; 1 status or down: no rig is up; 2 usage; 3 the rig cannot be brought up, or "
    "died.\n";

/* ---- the file that lets `down` find `up` ------------------------------------------------- */

static const char *state_file(struct arena *a)
{
    const char *cache = cache_directory(a);
    return cache == NULL ? arena_printf(a, "/tmp/plexconf-rig-%d.json", (int)getuid())
                         : path_join(a, cache, "rig.json");
}

static bool write_state(struct arena *a, const struct profile *p, const struct rig *r,
                        struct error *e)
{
    const char *path = state_file(a), *slash = strrchr(path, '/');
    json_t *state = json_own(a, json_pack("{s:i, s:s?, s:s?}", "pid", (int)getpid(), "base_url",
                                          p->base_url, "directory", rig_directory(r)));
    const char *text = json_dump(a, state);
    return directory_make(arena_strndup(a, path, (size_t)(slash - path)), 0755, e) &&
           file_write_atomic(path, text, strlen(text), 0600, e);
}

/* Is that process still a plexconf? A pid alone may have passed to somebody else. */
static bool is_plexconf(struct arena *a, int64_t pid)
{
    char target[4096];
    ssize_t n =
        readlink(arena_printf(a, "/proc/%lld/exe", (long long)pid), target, sizeof(target) - 1);
    if (n <= 0)
        return false;
    target[n] = '\0';
    return strstr(target, "/plexconf") != NULL;
}

/* The pid of the plexconf that holds the rig; 0: none. */
static int64_t holder(struct arena *a)
{
    json_t *state;
    if (!json_parse_file(a, state_file(a), STATE_CAP, &state, NULL))
        return 0;
    int64_t pid = json_int(state, "pid", 0);
    return pid > 1 && is_plexconf(a, pid) ? pid : 0;
}

/* ---- up, down, status -------------------------------------------------------------------- */

static void explain_use(struct arena *a, const struct profile *p, const struct rig *r)
{
    const char *bin = path_of_executable(a);
    printf("The rig is up.\n\n  base URL   %s\n  directory  %s\n\n"
           "Try:    curl %s/readyz\n"
           "Act:    export PLEXSPHERE_DSN='%s'\n"
           "        %s/plexsphere token mint --role 'platform manage'\n"
           "        PLEXSPHERE_MODE=dev %s/plexsphere seed --dev\n"
           "Agent:  docs/plexd.md, \"By hand\": from a token to `plexd deregister`\n"
           "Stop:   Ctrl-C here, or `plexconf rig down` elsewhere; nothing is left behind.\n",
           p->base_url, rig_directory(r), p->base_url, rig_dsn(r), bin, bin);
    fflush(stdout);
}

static int hold(struct rig *r)
{
    struct error e = { .text = "" };
    while (!was_interrupted) {
        if (!rig_healthy(r, &e))
            return complain(&e, EXIT_BROKEN);
        poll(NULL, 0, 200); /* a signal ends it early */
    }
    return EXIT_CONFORMANT;
}

static int up(struct arena *a, const char *profile_path)
{
    struct error e = { .text = "" };
    struct profile *profile = NULL;
    struct rig *r = NULL;
    if (holder(a) != 0) {
        error_set(&e, "rig: one is up already; `plexconf rig down` ends it");
        return complain(&e, EXIT_BROKEN);
    }
    if (profile_path == NULL && !find_reference_profile(a, &profile_path, &e))
        return complain(&e, EXIT_USAGE);
    if (!profile_load(a, profile_path, &profile, &e))
        return complain(&e, EXIT_USAGE);
    watch_interrupts();
    if (!rig_up("process", profile, &r, &e))
        return was_interrupted ? EXIT_INTERRUPTED : complain(&e, EXIT_BROKEN);
    int code = EXIT_BROKEN;
    if (!write_state(a, profile, r, &e)) {
        complain(&e, EXIT_BROKEN);
    } else {
        explain_use(a, profile, r);
        code = hold(r);
    }
    rig_down(r);
    unlink(state_file(a));
    return code;
}

static int down(struct arena *a)
{
    struct error e = { .text = "" };
    int64_t pid = holder(a);
    if (pid == 0) {
        puts("no rig is up");
        return EXIT_TARGET_FAILED;
    }
    kill((pid_t)pid, SIGTERM);
    int64_t until = clock_monotonic_nanos() + DOWN_SECONDS * INT64_C(1000000000);
    while (is_plexconf(a, pid) && clock_monotonic_nanos() < until)
        poll(NULL, 0, 50);
    if (is_plexconf(a, pid)) {
        error_set(&e, "rig: process %lld has not ended after %d s", (long long)pid, DOWN_SECONDS);
        return complain(&e, EXIT_BROKEN);
    }
    puts("the rig is down");
    return EXIT_CONFORMANT;
}

static int status(void)
{
    if (rig_status(stdout) > 0)
        return EXIT_CONFORMANT;
    puts("no rig is up");
    return EXIT_TARGET_FAILED;
}

static int unknown_word(const char *word)
{
    static const char *const words[] = { "up", "down", "status", NULL };
    struct error e;
    const char *nearest = options_nearest(word, words);
    if (nearest != NULL)
        error_set(&e, "rig: no '%s'; did you mean '%s'?", word, nearest);
    else
        error_set(&e, "rig: no '%s'; it is up, down or status", word);
    return complain(&e, EXIT_USAGE);
}

static int dispatch(struct arena *a, char **words, int n, const char *profile)
{
    struct error e;
    if (n != 1) {
        error_set(&e, "rig: give one of up, down and status; see plexconf rig --help");
        return complain(&e, EXIT_USAGE);
    }
    if (text_equal(words[0], "up"))
        return up(a, profile);
    if (text_equal(words[0], "down"))
        return down(a);
    if (text_equal(words[0], "status"))
        return status();
    return unknown_word(words[0]);
}

int command_rig(struct environment env, int argc, char **argv)
{
    (void)env;
    struct error e = { .text = "" };
    const char *profile = NULL;
    const struct option_row rows[] = {
        { "profile", 'p', OPTION_TEXT, &profile, "FILE", "up: another profile than the reference's",
          0, 0 },
        { 0 },
    };
    const struct option_table table = { .program = "plexconf rig",
                                        .synopsis = "up | down | status",
                                        .summary = "Holds a private PostgreSQL and the reference "
                                                   "control plane for trying things by hand.",
                                        .rows = rows,
                                        .footer = footer };
    char **words;
    int n;
    int code = after_options(options_parse(&table, argc, argv, &words, &n, &e), "plexconf rig", &e);
    if (code >= 0)
        return code;
    struct arena *a = arena_create();
    code = dispatch(a, words, n, profile);
    arena_destroy(a);
    return code;
}
