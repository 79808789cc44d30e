/* plexd join */
#include <stdio.h>

#include "reference/plexd/commands.h"
#include "reference/plexd/registration.h"

static bool join(struct arena *a, const struct plexd_config *c, const struct environment *env,
                 struct error *e)
{
    struct loop *loop;
    struct http *http = NULL;
    struct identity id = { 0 };
    if (!loop_create(&loop, e))
        return false;
    bool ok = command_connect(loop, c, &http, e);
    if (ok) {
        struct registration_options o = {
            .loop = loop, .http = http, .wire = command_wire(c, ""), .config = c, .env = env
        };
        ok = registration_run(a, &o, &id, e) == REGISTERED;
    }
    if (ok)
        printf("node_id: %s\nmesh_ip: %s\n", id.node_id, id.mesh_ip);
    identity_wipe(&id);
    http_destroy(http);
    loop_destroy(loop);
    return ok;
}

int command_join(struct environment env, int argc, char **argv)
{
    struct plexd_flags flags = { 0 };
    const struct option_row rows[] = { FLAG_ROWS(flags), { .name = NULL } };
    const struct option_table table = {
        .program = "plexd join",
        .synopsis = "[options]",
        .summary = "Registers this host with the control plane, keeps the identity in the data "
                   "folder, and ends. A host that has an identity keeps it.",
        .rows = rows,
        .footer = "The bootstrap token is taken from registration.token_value, the token file or\n"
                  "PLEXD_BOOTSTRAP_TOKEN, in this order; a token file is removed once it is used.\n"
                  "\n"
                  "  plexd join --api https://plexsphere.example --token-file ./token\n"
                  "\n"
                  "Exit codes: 0 registered, 1 refused or not reachable in time, 2 usage.\n",
    };
    struct arena *a = arena_create();
    struct plexd_config config;
    struct error e;
    int status = command_begin(a, &table, argc, argv, &flags, &env, &config, true);
    if (status < 0)
        status = join(a, &config, &env, &e) ? COMMAND_DONE : command_failed(&e);
    arena_destroy(a);
    return status;
}
