/* plexsphere migrate up|down|status|wait */
#include <stdio.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/options.h"
#include "common/text.h"
#include "reference/plexsphere/commands.h"
#include "reference/plexsphere/datastore/datastore.h"
#include "reference/plexsphere/store/migrate.h"

const char *migrations_directory(struct arena *a)
{
    const char *beside = path_of_executable(a);
    const char *const places[] = {
        path_join(a, beside, "../../migrations"),
        path_join(a, beside, "../share/plexsphere/migrations"),
        "/migrations",
    };
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        if (path_exists(places[i]))
            return places[i];
    return NULL;
}

struct migrate_options {
    const char *directory;
    int64_t timeout;
    const char *verb;
};

static enum options_result read_options(int argc, char **argv, struct migrate_options *o,
                                        struct error *e)
{
    char **rest;
    int n_rest;
    *o = (struct migrate_options){ .timeout = 60 };
    const struct option_row rows[] = {
        { "dir", 0, OPTION_TEXT, &o->directory, "DIR", "folder of NNNN_name.sql files", 0, 0 },
        { "timeout", 0, OPTION_NUMBER, &o->timeout, "S", "seconds `wait` waits; default 60", 1,
          86400 },
        { .name = NULL },
    };
    const struct option_table table = {
        .program = "plexsphere migrate",
        .synopsis = "up|down|status|wait [options]",
        .summary = "Changes or tells the schema of the database that PLEXSPHERE_DSN names.\n"
                   "up applies what is missing, down takes the last one back, status lists, wait "
                   "returns\nonce the database is at the folder's highest version.",
        .rows = rows,
        .footer = "Exit status: 0 done, 1 it failed, 2 usage.\n",
    };
    enum options_result r = options_parse(&table, argc, argv, &rest, &n_rest, e);
    if (r == OPTIONS_OK && n_rest != 1) {
        error_set(e, "migrate takes one of up, down, status, wait");
        return OPTIONS_BAD;
    }
    if (r == OPTIONS_OK)
        o->verb = rest[0];
    return r;
}

static bool migrate(struct arena *a, struct environment env, const struct migrate_options *o,
                    struct error *e)
{
    struct datastore_config store;
    const char *directory = o->directory != NULL ? o->directory : migrations_directory(a);
    enum configured set = production_datastore_config_from_env(a, &env, &store, e);
    if (set == CONFIGURED_OFF)
        return error_set(e, "PLEXSPHERE_DSN: must be set to migrate (SPEC ENV-002)");
    if (set == CONFIGURED_REFUSED)
        return false;
    if (directory == NULL)
        return error_set(e, "there is no folder of migrations; name one with --dir");
    if (text_equal(o->verb, "up"))
        return migrate_up(store.dsn, directory, e);
    if (text_equal(o->verb, "down"))
        return migrate_down(store.dsn, directory, e);
    if (text_equal(o->verb, "status"))
        return migrate_status(store.dsn, directory, e);
    return migrate_wait(store.dsn, directory, (int)o->timeout, e);
}

static bool is_verb(const char *word)
{
    return text_equal(word, "up") || text_equal(word, "down") || text_equal(word, "status") ||
           text_equal(word, "wait");
}

int command_migrate(struct environment env, int argc, char **argv)
{
    struct migrate_options o;
    struct error e = { "" };
    enum options_result r = read_options(argc, argv, &o, &e);
    if (r == OPTIONS_HELP)
        return COMMAND_DONE;
    if (r == OPTIONS_OK && !is_verb(o.verb)) {
        error_set(&e, "migrate: no such verb '%s'; up, down, status or wait", o.verb);
        r = OPTIONS_BAD;
    }
    if (r == OPTIONS_BAD) {
        fprintf(stderr, "plexsphere: %s\n", e.text);
        return COMMAND_USAGE;
    }
    struct arena *a = arena_create();
    bool ok = migrate(a, env, &o, &e);
    if (!ok)
        fprintf(stderr, "plexsphere: %s\n", e.text);
    arena_destroy(a);
    return ok ? COMMAND_DONE : COMMAND_FAILED;
}
