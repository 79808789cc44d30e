/* plexsphere token mint: operators for people who set an installation up, and for test worlds. */
#include <stdio.h>
#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/options.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexsphere/commands.h"
#include "reference/plexsphere/control/input.h"
#include "reference/plexsphere/control/mint.h"
#include "reference/plexsphere/crypto/crypto.h"
#include "reference/plexsphere/datastore/datastore.h"
#include "reference/plexsphere/identity/identity.h"

enum { LINE_CAP = 16 * 1024 };

static int fail(const struct error *e, int status)
{
    fprintf(stderr, "plexsphere: token mint: %s\n", e->text);
    return status;
}

static bool open_database(struct arena *a, const struct environment *env, struct db **db,
                          struct error *e)
{
    struct datastore_config config;
    switch (production_datastore_config_from_env(a, env, &config, e)) {
    case CONFIGURED_ON: break;
    case CONFIGURED_OFF: return error_set(e, "PLEXSPHERE_DSN: must name the database");
    case CONFIGURED_REFUSED: return false;
    }
    return crypto_init(e) && db_open(config.dsn, 1, db, e);
}

static bool mint_one(struct db *db, struct arena *a, const struct mint_order *order, json_t **out,
                     struct error *e)
{
    struct tx *tx = tx_begin(db, a);
    tx_write(tx);
    bool ok = mint(tx, order, clock_wall_micros(), out, e);
    if (ok)
        ok = tx_commit(tx) == SQL_OK || error_set(e, "the database refused to commit");
    tx_end(tx);
    return ok;
}

static bool print_line(struct arena *a, const json_t *json)
{
    return puts(json_dump(a, json)) >= 0 && fflush(stdout) == 0;
}

/* One line in, one line out; a line that cannot be served is answered with its error. */
static bool batch_line(struct db *db, struct arena *a, const char *line)
{
    struct mint_order order;
    struct error e = { "" };
    json_t *request, *out;
    bool ok = json_parse(a, line, strlen(line), &request, &e) &&
              (json_is_object(request) || error_set(&e, "not a JSON object")) &&
              mint_order_read(a, request, &order, &e) && mint_one(db, a, &order, &out, &e);
    if (!ok)
        out = json_own(a, json_pack("{s:s}", "error", e.text));
    return print_line(a, out) && ok;
}

/* Each line is answered before the next is read, so that a client may go on talking. */
static int batch(struct db *db)
{
    char line[LINE_CAP];
    int status = COMMAND_DONE;
    while (fgets(line, sizeof line, stdin)) {
        struct arena *a = arena_create();
        if (!batch_line(db, a, line))
            status = COMMAND_FAILED;
        arena_destroy(a);
    }
    return status;
}

static int single(struct db *db, struct arena *a, const struct mint_order *order)
{
    struct error e = { "" };
    json_t *out;
    if (!mint_one(db, a, order, &out, &e))
        return fail(&e, COMMAND_FAILED);
    return print_line(a, out) ? COMMAND_DONE : COMMAND_FAILED;
}

struct words {
    const char *role, *domain, *project;
    int64_t ttl;
    bool from_stdin, batch;
};

static int mint_with(struct arena *a, const struct environment *env, const struct words *w)
{
    struct mint_order order = { 0 };
    struct error e = { "" };
    struct db *db;
    json_t *json;
    bool by_words = !w->from_stdin && !w->batch;
    if (by_words && !mint_order_of(w->role, w->domain, w->project, w->ttl, &order, &e))
        return fail(&e, COMMAND_USAGE);
    if (w->from_stdin && !(input_object(a, &json, &e) && mint_order_read(a, json, &order, &e)))
        return fail(&e, COMMAND_USAGE);
    if (!open_database(a, env, &db, &e))
        return fail(&e, COMMAND_FAILED);
    int status = w->batch ? batch(db) : single(db, a, &order);
    db_close(db);
    return status;
}

static int token(struct arena *a, const struct environment *env, int argc, char **argv)
{
    struct words w = { 0 };
    const struct option_row rows[] = {
        { .name = "role",
          .kind = OPTION_TEXT,
          .into = &w.role,
          .value_name = "ROLE",
          .help = "platform manage, read or auditor; domain admin, auditor or member; "
                  "project admin, maintainer or operator; none" },
        { .name = "domain",
          .kind = OPTION_TEXT,
          .into = &w.domain,
          .value_name = "ID",
          .help = "the Domain of a domain role" },
        { .name = "project",
          .kind = OPTION_TEXT,
          .into = &w.project,
          .value_name = "ID",
          .help = "the Project of a project role" },
        { .name = "ttl",
          .kind = OPTION_NUMBER,
          .into = &w.ttl,
          .value_name = "SECONDS",
          .help = "how long the token lives (default a week)",
          .min = 1,
          .max = TOKEN_MAX_TTL_SECONDS },
        { .name = "stdin",
          .kind = OPTION_FLAG,
          .into = &w.from_stdin,
          .help = "read {role, domain_id?, project_id?, ttl_seconds?, run?} from standard input" },
        { .name = "batch",
          .kind = OPTION_FLAG,
          .into = &w.batch,
          .help = "read one such object per line and answer each with a line" },
        { .name = NULL },
    };
    const struct option_table table = {
        .program = "plexsphere token mint",
        .synopsis = "--role ROLE [options] | --stdin | --batch",
        .summary =
            "Makes an identity with a role and a token for it, in one transaction, and prints\n"
            "{token, identity_ref, expires_at}. The database is the one of PLEXSPHERE_DSN.",
        .rows = rows,
        .footer = "  plexsphere token mint --role 'platform manage'\n"
                  "  plexsphere token mint --role 'domain admin' --domain ID --ttl 3600",
    };
    struct error e = { "" };
    char **rest;
    int n_rest;
    switch (options_parse(&table, argc, argv, &rest, &n_rest, &e)) {
    case OPTIONS_OK: break;
    case OPTIONS_HELP: return COMMAND_DONE;
    case OPTIONS_BAD: return fail(&e, COMMAND_USAGE);
    }
    if (n_rest > 0)
        error_set(&e, "takes no argument '%.64s'", rest[0]);
    else if (w.from_stdin + w.batch + (w.role != NULL) != 1)
        error_set(&e, "needs exactly one of --role, --stdin and --batch");
    else
        return mint_with(a, env, &w);
    return fail(&e, COMMAND_USAGE);
}

int command_token(struct environment env, int argc, char **argv)
{
    if (argc >= 2 && !text_equal(argv[1], "mint") && !text_equal(argv[1], "--help")) {
        fprintf(stderr, "plexsphere: token: no word '%.64s'; the only one is mint\n", argv[1]);
        return COMMAND_USAGE;
    }
    bool has_word = argc >= 2 && text_equal(argv[1], "mint");
    struct arena *a = arena_create();
    int status = token(a, &env, argc - has_word, argv + has_word);
    arena_destroy(a);
    return status;
}
