/* plexsphere serve */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/arena.h"
#include "common/log.h"
#include "common/options.h"
#include "common/text.h"
#include "reference/plexsphere/app_life.h"
#include "reference/plexsphere/boot.h"
#include "reference/plexsphere/commands.h"
#include "reference/plexsphere/crypto/crypto.h"
#include "reference/plexsphere/crypto/no_core.h"
#include "reference/plexsphere/http/server.h"
#include "reference/plexsphere/listener/config.h"
#include "reference/plexsphere/meta/probes.h"
#include "reference/plexsphere/store/migrate.h"

enum { GRACE_MS = 10000, SPARE_CONNECTIONS = 4 };

static const char insecure_default[] =
#include "insecure_default.gen.def"
    ;

struct serve_options {
    const char *listen, *control, *migrations;
    bool announce, verbose;
    int64_t workers;
};

static enum options_result read_options(int argc, char **argv, struct serve_options *o,
                                        struct error *e)
{
    *o = (struct serve_options){ .workers = 6 };
    const struct option_row rows[] = {
        { "listen", 0, OPTION_TEXT, &o->listen, "HOST:PORT",
          "address to serve on; default PLEXSPHERE_LISTEN, else 127.0.0.1:8080; port 0 takes a "
          "free one",
          0, 0 },
        { "control", 0, OPTION_TEXT, &o->control, "PATH",
          "open the control socket there; default PLEXSPHERE_CONTROL_SOCKET, else none; dev mode "
          "only",
          0, 0 },
        { "announce", 0, OPTION_FLAG, &o->announce, NULL,
          "print one line of JSON with base_url on standard output once ready", 0, 0 },
        { "migrations", 0, OPTION_TEXT, &o->migrations, "DIR",
          "folder whose highest migration /readyz waits for", 0, 0 },
        { "workers", 0, OPTION_NUMBER, &o->workers, "N",
          "threads that work on requests, each with a database connection; default 6", 1, 64 },
        { "verbose", 'v', OPTION_FLAG, &o->verbose, NULL, "log every request, without its query", 0,
          0 },
        { .name = NULL },
    };
    const struct option_table table = {
        .program = "plexsphere serve",
        .synopsis = "[options]",
        .summary = "Runs the control plane until SIGTERM or SIGINT, then finishes what is in "
                   "flight.",
        .rows = rows,
        .footer = "Configuration comes from PLEXSPHERE_*; PLEXSPHERE_MODE is dev or production.\n"
                  "Exit status: 0 stopped, 1 refused or failed, 2 usage.\n",
    };
    return options_parse(&table, argc, argv, NULL, NULL, e);
}

static void announce(const struct server_options *o, int port)
{
    bool any = text_equal(o->host, "0.0.0.0");
    bool six = strchr(o->host, ':') != NULL;
    printf("{\"base_url\":\"http://%s%s%s:%d\"}\n", six ? "[" : "", any ? "127.0.0.1" : o->host,
           six ? "]" : "", port);
    fflush(stdout);
}

/* A stream is a descriptor: as many as the system lets us have. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_line(LOG_WARN, "the limit of open files stays as it is", NULL);
}

/* Blocked before the first thread is made, so that sigwait() in this one is who hears of them. */
static void block_stop_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    pthread_sigmask(SIG_BLOCK, set, NULL);
}

static void find_expected_version(struct arena *a, const struct serve_options *o, struct app *app)
{
    const char *directory = o->migrations != NULL ? o->migrations : migrations_directory(a);
    struct error why = { "" };
    app->migrations_expected = 1;
    if (directory != NULL && !migrate_latest(directory, &app->migrations_expected, &why))
        log_line(LOG_WARN, "the migrations cannot be read; any migrated database is ready", "error",
                 why.text, NULL);
}

static bool run_until_signal(struct boot *b, struct arena *a, const struct serve_options *o,
                             const struct server_options *server_options, struct error *e)
{
    sigset_t signals;
    struct server *server = NULL;
    struct control *control = NULL;
    int got = 0;
    block_stop_signals(&signals);
    bool ok = boot_start_loops(b, e) && server_start(&b->app, server_options, &server, e) &&
              (o->control == NULL || control_open(&b->app, o->control, &control, e));
    if (ok) {
        const char *port = arena_printf(a, "%d", server_port(server));
        log_line(LOG_INFO, "serving", "host", server_options->host, "port", port, NULL);
        if (o->announce)
            announce(server_options, server_port(server));
        sigwait(&signals, &got);
        log_line(LOG_INFO, "stopping", "signal", got == SIGTERM ? "SIGTERM" : "SIGINT", NULL);
    }
    app_stop();
    if (control != NULL)
        control_close(control);
    if (server != NULL)
        server_stop(server, GRACE_MS);
    return ok;
}

/* What the command line says wins over the environment. */
static bool configure_listener(struct arena *a, struct environment env, struct serve_options *o,
                               struct server_options *out, struct error *e)
{
    struct listener_config c;
    if (production_listener_config_from_env(a, &env, &c, e) == CONFIGURED_REFUSED)
        return false;
    if (o->listen != NULL && !listener_address(a, o->listen, &c))
        return error_set(e, "--listen: must be host:port (SPEC ENV-027)");
    if (o->control == NULL)
        o->control = c.control;
    out->host = c.host;
    out->port = c.port;
    return true;
}

static bool serve(struct arena *a, struct environment env, struct serve_options *o, struct error *e)
{
    struct boot *b = arena_alloc(a, sizeof *b);
    struct server_options server_options = { .workers = (int)o->workers };
    enum app_mode mode;
    raise_descriptor_limit();
    if (!core_dumps_off(e) || !crypto_init(e) || !boot_mode(a, &env, &mode, e))
        return false;
    /* Once a start, first thing: a boot that is then refused was a start too. */
    if (mode == APP_DEV)
        log_insecure_default("plexsphere", insecure_default);
    if (!configure_listener(a, env, o, &server_options, e))
        return false;
    /* ruling 26: the clock and the named states are moved in dev mode alone. */
    if (o->control != NULL && mode != APP_DEV)
        return error_set(e, "PLEXSPHERE_CONTROL_SOCKET or --control: the control socket exists in "
                            "dev mode only; set PLEXSPHERE_MODE=dev (SPEC ENV-015)");
    if (!boot_configure(a, env, (int)o->workers + SPARE_CONNECTIONS, b, e))
        return false;
    find_expected_version(a, o, &b->app);
    server_options.endpoints = b->endpoints;
    server_options.probe = probe_answer;
    bool ok = run_until_signal(b, a, o, &server_options, e);
    boot_close(b);
    return ok;
}

int command_serve(struct environment env, int argc, char **argv)
{
    struct serve_options o;
    struct error e = { "" };
    switch (read_options(argc, argv, &o, &e)) {
    case OPTIONS_HELP: return COMMAND_DONE;
    case OPTIONS_BAD: fprintf(stderr, "plexsphere: %s\n", e.text); return COMMAND_USAGE;
    case OPTIONS_OK: break;
    }
    if (o.verbose)
        log_set_level(LOG_DEBUG);
    struct arena *a = arena_create();
    bool ok = serve(a, env, &o, &e);
    if (!ok)
        fprintf(stderr, "plexsphere: %s\n", e.text);
    arena_destroy(a);
    return ok ? COMMAND_DONE : COMMAND_FAILED;
}
