/* Fuzz target: text that nobody signed never opens as a cursor, and a signed one opens only as it
 * was made. */
#include <stdlib.h>
#include <string.h>

#include "reference/plexsphere/crypto/crypto.h"
#include "reference/plexsphere/http/cursor.h"
#include "reference/plexsphere/http/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static enum problem opened(struct request *rq, const struct cursor_key *key, const char *cursor)
{
    json_t *position = NULL;
    rq->page.cursor = cursor;
    struct answer a = cursor_open(rq, key, "", &position);
    require((a.status == 0) == (position != NULL));
    return a.problem;
}

/* The minted text with the fuzzer's bytes laid over it: the same again, or a bad cursor. */
static void check_overlay(struct request *rq, const struct cursor_key *key, const uint8_t *data,
                          size_t size)
{
    const char *good = cursor_mint(rq, key, "", json_integer(7));
    char *changed = arena_strdup(rq->arena, good);
    for (size_t i = 0; i < size && changed[i] != '\0'; i++)
        changed[i] = data[i] == 0 ? changed[i] : (char)data[i];
    require((opened(rq, key, changed) == PROBLEM_NONE) == (strcmp(good, changed) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct operation list = { .id = OP_ListProjects };
    static const struct cursor_key key = { .bytes = "a key that the fuzzer cannot know",
                                           .len = 32 };
    static bool ready;
    if (!ready)
        require(crypto_init(NULL));
    ready = true;
    struct app app = { .arena = NULL };
    struct request rq = {
        .arena = arena_create(), .app = &app, .op = &list, .path = "/v1/projects"
    };
    require(opened(&rq, &key, arena_strndup(rq.arena, (const char *)data, size)) ==
            PROBLEM_INVALID_CURSOR);
    check_overlay(&rq, &key, data, size);
    arena_destroy(rq.arena);
    return 0;
}
