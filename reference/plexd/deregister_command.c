/* plexd deregister */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "common/file.h"
#include "reference/plexd/call.h"
#include "reference/plexd/commands.h"
#include "reference/plexd/identity.h"

static bool ask(struct arena *a, const struct plexd_config *c, const struct identity *id,
                struct error *e)
{
    struct loop *loop;
    struct http *http = NULL;
    if (!loop_create(&loop, e))
        return false;
    bool ok = command_connect(loop, c, &http, e);
    if (ok) {
        struct http_request r = { .method = "POST",
                                  .path = wire_node_path(a, id->node_id, "/deregister"),
                                  .bearer = id->nsk };
        struct call_reply reply;
        call_and_wait(a, loop, http, &r, &reply);
        ok = reply.problem[0] == '\0' ||
             error_set(e, "the control plane did not deregister this Node: %s", reply.problem);
    }
    http_destroy(http);
    loop_destroy(loop);
    return ok;
}

static bool purge(const struct plexd_config *c, struct error *e)
{
    if (!directory_remove(c->data_dir, e))
        return false;
    if (unlink(c->token_file) != 0 && errno != ENOENT)
        return error_errno(e, errno, "%s", c->token_file);
    puts("local data purged");
    return true;
}

static bool deregister(struct arena *a, const struct plexd_config *c, bool purges, struct error *e)
{
    struct identity id;
    struct error why = { .text = "" };
    if (identity_load(a, c->data_dir, &id, &why) != IDENTITY_FOUND)
        return error_set(
            e,
            "no identity in %s%s%s, so there is nothing to take out; --data-dir says where it is",
            c->data_dir, why.text[0] != '\0' ? ": " : "", why.text);
    bool ok = ask(a, c, &id, e);
    if (ok)
        printf("node %s deregistered\n", id.node_id);
    identity_wipe(&id);
    return ok && (!purges || purge(c, e));
}

int command_deregister(struct environment env, int argc, char **argv)
{
    struct plexd_flags flags = { 0 };
    bool purges = false;
    const struct option_row rows[] = {
        FLAG_ROWS(flags),
        { "purge", 0, OPTION_FLAG, &purges, NULL, "then remove the data folder and the token file",
          0, 0 },
        { .name = NULL },
    };
    const struct option_table table = {
        .program = "plexd deregister",
        .synopsis = "[options]",
        .summary = "Takes this Node out of the control plane.",
        .rows = rows,
        .footer = "Stop `plexd up` first. Nothing is removed when the control plane refuses.\n\n"
                  "Exit codes: 0 done, 1 refused or not registered, 2 usage.\n",
    };
    struct arena *a = arena_create();
    struct plexd_config config;
    struct error e;
    int status = command_begin(a, &table, argc, argv, &flags, &env, &config, true);
    if (status < 0)
        status = deregister(a, &config, purges, &e) ? COMMAND_DONE : command_failed(&e);
    arena_destroy(a);
    return status;
}
