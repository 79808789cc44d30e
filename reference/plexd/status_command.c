/* plexd status */
#include <stdio.h>

#include "common/json.h"
#include "reference/plexd/call.h"
#include "reference/plexd/commands.h"

static void print_summary(const json_t *summary)
{
    const json_t *metadata = json_object_get(summary, "metadata");
    printf("metadata: %zu\ndata: %zu\nsecrets: %zu\nreports: %zu\n", json_object_size(metadata),
           json_array_size(json_object_get(summary, "data_keys")),
           json_array_size(json_object_get(summary, "secret_keys")),
           json_array_size(json_object_get(summary, "report_keys")));
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)metadata, key, value)
        printf("  %s: %s\n", key, json_is_string(value) ? json_string_value(value) : "");
}

static bool ask(struct arena *a, const struct plexd_config *c, struct error *e)
{
    struct loop *loop;
    struct http *http;
    struct http_options o = { .base_url = "http://localhost",
                              .unix_socket = c->socket_path,
                              .request_timeout = c->request_timeout,
                              .version = PLEXD_VERSION };
    if (!loop_create(&loop, e))
        return false;
    bool ok = http_create(loop, &o, &http, e);
    if (ok) {
        struct http_request r = { .method = "GET", .path = "/v1/state" };
        struct call_reply reply;
        json_t *summary;
        call_and_wait(a, loop, http, &r, &reply);
        http_destroy(http);
        ok = reply.problem[0] == '\0' ||
             (reply.status == 0
                  ? error_set(e, "%s: nobody answers; is plexd running?", c->socket_path)
                  : error_set(e, "%s: %s", c->socket_path, reply.problem));
        ok = ok && json_parse(a, reply.body.data, reply.body.len, &summary, e);
        if (ok)
            print_summary(summary);
    }
    loop_destroy(loop);
    return ok;
}

int command_status(struct environment env, int argc, char **argv)
{
    struct plexd_flags flags = { 0 };
    const struct option_row rows[] = { FLAG_ROWS(flags), { .name = NULL } };
    const struct option_table table = {
        .program = "plexd status",
        .synopsis = "[options]",
        .summary = "Asks the running agent, over its socket, what it holds.",
        .rows = rows,
        .footer = "Prints how many metadata, data, secret and report entries there are, and the\n"
                  "metadata. Everything else: curl --unix-socket PATH http://localhost/v1/state\n\n"
                  "Exit codes: 0 it answered, 1 it did not, 2 usage.\n",
    };
    struct arena *a = arena_create();
    struct plexd_config config;
    struct error e;
    int status = command_begin(a, &table, argc, argv, &flags, &env, &config, false);
    if (status < 0)
        status = ask(a, &config, &e) ? COMMAND_DONE : command_failed(&e);
    arena_destroy(a);
    return status;
}
